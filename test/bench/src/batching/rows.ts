// SPDX-License-Identifier: Apache-2.0
import type { RowPlan } from '../harness/row.ts';

/** How much of everything is done. */
export const PLAN = {
  rounds: { full: 7, quick: 2 },
  /** How often all answers are replayed, each way and round. */
  passes: { full: 3, quick: 1 },
  /** Held-out questions of `near-exact`, of every kind. */
  nearExactQuestions: 64,
} as const;

export const DEVICES = 16;
export const BLOCK_TOKENS = 8;
export const DRAFT_EXIT = 1;
export const JUDGE_EXIT = 11;

/** What the verifier computes in. */
export const JUDGE_FORMATS = ['fp32', 'int8'] as const;
export type JudgeFormat = (typeof JUDGE_FORMATS)[number];

/** How the desk works. */
export const WAYS = ['one block at a time', 'batched'] as const;
export type Way = (typeof WAYS)[number];

export const rateMetric = (format: JudgeFormat, way: Way): string =>
  `${DEVICES} devices at one desk, ${format}: verified tokens, ${way}`;
export const batchSizeMetric = (format: JudgeFormat): string => `${format}: blocks judged in one call, on average`;
export const DIFFERING = 'verdicts that differ from those of a device by itself';

/** What judging is compared with: the deepest exit alone, in its own format or in fp32. */
export const lengthMetric = (format: JudgeFormat): string => `${format} judges drafts of exit 1: committed tokens`;
export const mismatchMetric = (judge: JudgeFormat, lone: JudgeFormat): string =>
  `${judge} judges drafts of exit 1: mismatches with ${lone} alone`;
export const changedMetric = (judge: JudgeFormat, lone: JudgeFormat): string =>
  `${judge} judges drafts of exit 1: answers that ${lone} alone gives otherwise`;

/** Who judges, and whose lone answers that is held against. */
export const COMPARISONS = [
  ['fp32', 'fp32'],
  ['int8', 'int8'],
  ['int8', 'fp32'],
] as const satisfies readonly (readonly [JudgeFormat, JudgeFormat])[];

function rateRows(format: JudgeFormat): readonly RowPlan[] {
  const baseline = rateMetric(format, 'one block at a time');
  return [
    { metric: baseline, unit: 'tokens/s' },
    {
      ...{ metric: rateMetric(format, 'batched'), unit: 'tokens/s', baseline },
      aim: { of: 'ratio', atLeast: 1.6 },
    },
    { metric: batchSizeMetric(format), unit: 'blocks' },
  ];
}

/** Only fp32 claims to be exact; what int8 comes to is shown. */
function comparisonRows([judge, lone]: (typeof COMPARISONS)[number]): readonly RowPlan[] {
  const aim = judge === 'fp32' ? { aim: { of: 'value', atMost: 0 } as const } : {};
  return [
    { metric: mismatchMetric(judge, lone), unit: 'per 1,000 tokens', quick: false, ...aim },
    { metric: changedMetric(judge, lone), unit: 'count', quick: false, ...aim },
  ];
}

/** Everything the case promises. */
export const batchingRows: readonly RowPlan[] = [
  ...JUDGE_FORMATS.flatMap(rateRows),
  { metric: DIFFERING, unit: 'count', aim: { of: 'value', atMost: 0 } },
  ...JUDGE_FORMATS.map(format => ({ metric: lengthMetric(format), unit: 'tokens', quick: false })),
  ...COMPARISONS.flatMap(comparisonRows),
];
