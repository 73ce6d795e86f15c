// SPDX-License-Identifier: Apache-2.0
//
// What is measured of our engine alone.
import type { ComputeFormat } from '@aiflow/model';
import type { RowPlan } from '../harness/row.ts';

/** Formats that are measured, and what sessions are asked for together in each: int4 is for drafters. */
export const OWN_FORMATS: readonly { readonly format: ComputeFormat; readonly verifies: boolean }[] = [
  { format: 'fp32', verifies: true },
  { format: 'int8', verifies: true },
  { format: 'int4', verifies: false },
];

export const BATCH_SIZES = [2, 4, 8] as const;
/** Proposed tokens a session, and drafted ones. */
export const BATCH_TOKENS = 8;

export type BatchWork = 'verify' | 'draft';

const name = (format: ComputeFormat): string => `aiflow ${format}`;

export const batchMetric = (
  work: BatchWork,
  format: ComputeFormat,
  sessions: number,
  way: 'one by one' | 'at once',
): string => `${work} ${BATCH_TOKENS} tokens in each of ${sessions} sessions ${way}, ${name(format)}`;
export const cutMetric = (format: ComputeFormat, way: 'in one piece' | 'cut at every exit'): string =>
  `decode with the trunk ${way}, ${name(format)}, context 64`;
export const callMetric = (
  format: ComputeFormat,
  what: 'going on' | 'after a crop' | 'after another session',
): string => `a token ${what}, ${name(format)}, context 128`;
export const loadMetric = (format: ComputeFormat): string => `load the deepest exit, ${name(format)}, graphs built`;

/** Caches and pools are full after the warm-up. */
export const REQUESTS = { full: 10_000, quick: 1_500, warmUp: 1_000 } as const;
export const MEMORY = {
  before: 'host memory after 1,000 requests',
  after: 'host memory after 10,000 requests (quick: 1,500)',
} as const;
export const RECYCLING = {
  opening: 'open a session and draft 4 tokens, before a recycle',
  longest: 'longest call on open sessions around a recycle',
  differing: 'answers that differ or fail around a recycle',
} as const;

const ratio = (atMost: number): Pick<RowPlan, 'aim'> => ({ aim: { of: 'ratio', atMost } });

/** Eight at once shall take what five take one by one. */
const BATCH_AIM = 1 / 1.6;

function batchRows(work: BatchWork, format: ComputeFormat): readonly RowPlan[] {
  return BATCH_SIZES.flatMap(sessions => {
    const baseline = batchMetric(work, format, sessions, 'one by one');
    const atOnce = batchMetric(work, format, sessions, 'at once');
    return [
      { metric: baseline, unit: 'ms' },
      { metric: atOnce, unit: 'ms', baseline, ...(sessions === 8 ? ratio(BATCH_AIM) : {}) },
    ];
  });
}

function formatRows(format: ComputeFormat): readonly RowPlan[] {
  const whole = cutMetric(format, 'in one piece');
  const going = callMetric(format, 'going on');
  return [
    { metric: whole, unit: 'ms' },
    { metric: cutMetric(format, 'cut at every exit'), unit: 'ms', baseline: whole, ...ratio(1.06) },
    { metric: going, unit: 'ms' },
    { metric: callMetric(format, 'after a crop'), unit: 'ms', baseline: going, ...ratio(1.05) },
    { metric: callMetric(format, 'after another session'), unit: 'ms', baseline: going, ...ratio(1.05) },
    { metric: loadMetric(format), unit: 'ms' },
  ];
}

/** What the case promises of our engine alone. */
export const ownRows: readonly RowPlan[] = [
  ...OWN_FORMATS.filter(({ verifies }) => verifies).flatMap(({ format }) => batchRows('verify', format)),
  ...OWN_FORMATS.flatMap(({ format }) => batchRows('draft', format)),
  ...OWN_FORMATS.flatMap(({ format }) => formatRows(format)),
  { metric: MEMORY.before, unit: 'MB' },
  { metric: MEMORY.after, unit: 'MB', baseline: MEMORY.before, ...ratio(1.05) },
  { metric: RECYCLING.opening, unit: 'ms' },
  { metric: RECYCLING.longest, unit: 'ms', baseline: RECYCLING.opening, ...ratio(2) },
  { metric: RECYCLING.differing, unit: 'count', aim: { of: 'value', atMost: 0 } },
];
