// SPDX-License-Identifier: Apache-2.0
import type { Aim, RowPlan } from '../harness/row.ts';
import type { ContenderName } from './contenders/contender.ts';
import { ownRows } from './own-rows.ts';

/** Positions before the first timed token, for each context; nano holds 512. */
export const CONTEXTS = [64, 448] as const;
export type ContextLength = (typeof CONTEXTS)[number];

/** Tokens timed in one round, centred on the context. */
export const TIMED_TOKENS = 32;
/** Context before a step over several tokens, and how many tokens. */
export const STEP_CONTEXT = 256;
export const STEP_SIZES = [1, 4, 8, 16, 32] as const;

/** A number format and who runs it. */
export interface FormatGroup {
  readonly ours: ContenderName;
  readonly label: string;
  readonly peers: readonly { readonly name: ContenderName; readonly label: string; readonly atMost: number }[];
}

export const FORMATS: readonly FormatGroup[] = [
  {
    ours: 'aiflow-fp32',
    label: 'aiflow fp32',
    peers: [
      { name: 'llama-f32', label: 'node-llama-cpp f32', atMost: 1.1 },
      { name: 'transformers-fp32', label: 'transformers.js fp32', atMost: 1 },
    ],
  },
  {
    ours: 'aiflow-int8',
    label: 'aiflow int8',
    peers: [
      { name: 'llama-q8', label: 'node-llama-cpp q8_0', atMost: 1.1 },
      { name: 'transformers-q8', label: 'transformers.js q8', atMost: 0.9 },
    ],
  },
  {
    ours: 'aiflow-int4',
    label: 'aiflow int4',
    peers: [
      { name: 'llama-q4', label: 'node-llama-cpp q4_0', atMost: 1.1 },
      { name: 'transformers-q4', label: 'transformers.js q4', atMost: 0.9 },
    ],
  },
];

export const decodeMetric = (label: string, context: ContextLength): string => `decode, ${label}, context ${context}`;
export const againstMetric = (ours: string, peer: string, context: ContextLength): string =>
  `decode, ${ours} against ${peer}, context ${context}`;
export const stepMetric = (label: string, size: number): string =>
  `step over ${size} ${size === 1 ? 'token' : 'tokens'}, ${label}, context ${STEP_CONTEXT}`;
export const stepAgainstMetric = (ours: string, peer: string, size: number): string =>
  `step over ${size} ${size === 1 ? 'token' : 'tokens'}, ${ours} against ${peer}, context ${STEP_CONTEXT}`;
export const overheadMetric = (label: string): string => `time outside the runtime in a step, ${label}, context 64`;

const MS = 'ms';

function decodeRows({ label, peers }: FormatGroup): readonly RowPlan[] {
  return CONTEXTS.flatMap(context => [
    ...peers.flatMap((peer): RowPlan[] => {
      const theirs = decodeMetric(peer.label, context);
      const aim: Aim = { of: 'ratio', atMost: peer.atMost };
      return [
        { metric: theirs, unit: MS, quick: false },
        { metric: againstMetric(label, peer.label, context), unit: MS, baseline: theirs, aim, quick: false },
      ];
    }),
  ]);
}

/** Where a step over several tokens has an aim: over one of ours, and over the same of llama.cpp. int4 is for drafters. */
const STEP_AIM = { size: 8, overOne: 1.8, overPeer: 0.7, labels: ['aiflow fp32', 'aiflow int8'] } as const;

function stepRows({ label, peers }: FormatGroup): readonly RowPlan[] {
  const llama = peers.find(({ name }) => name.startsWith('llama'))?.label ?? '';
  return [
    ...STEP_SIZES.flatMap((size): RowPlan[] => {
      const hasAim = size === STEP_AIM.size && STEP_AIM.labels.some(one => one === label);
      const theirs = stepMetric(llama, size);
      const own: RowPlan = { metric: stepMetric(label, size), unit: MS };
      const against: RowPlan = {
        metric: stepAgainstMetric(label, llama, size),
        unit: MS,
        baseline: theirs,
        quick: false,
      };
      return [
        {
          ...own,
          ...(size === 1 ? {} : { baseline: stepMetric(label, 1) }),
          ...(hasAim ? { aim: { of: 'ratio', atMost: STEP_AIM.overOne } } : {}),
        },
        { metric: theirs, unit: MS, quick: false },
        { ...against, ...(hasAim ? { aim: { of: 'ratio', atMost: STEP_AIM.overPeer } } : {}) },
      ];
    }),
    { metric: overheadMetric(label), unit: 'share', aim: { of: 'value', atMost: 0.03 } },
  ];
}

/** What the case `engine` promises. */
export const engineRows: readonly RowPlan[] = [
  ...FORMATS.flatMap(decodeRows),
  ...FORMATS.flatMap(stepRows),
  ...ownRows,
];
