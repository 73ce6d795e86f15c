// SPDX-License-Identifier: Apache-2.0
import type { Aim, RowPlan } from '../harness/row.ts';
import type { ContenderName } from './contenders/contender.ts';

/** Positions before the first timed token, for each context; nano holds 512. */
export const CONTEXTS = [64, 448] as const;
export type ContextLength = (typeof CONTEXTS)[number];

/** Tokens timed in one round, centred on the context. */
export const TIMED_TOKENS = 32;
/** Context before a verified block, and the block. */
export const VERIFY_CONTEXT = 256;
export const VERIFY_BLOCK = 8;

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
];

export const decodeMetric = (label: string, context: ContextLength): string => `decode, ${label}, context ${context}`;
export const againstMetric = (ours: string, peer: string, context: ContextLength): string =>
  `decode, ${ours} against ${peer}, context ${context}`;
export const verifyMetric = (label: string, tokens: number): string =>
  `step over ${tokens} ${tokens === 1 ? 'token' : 'tokens'}, ${label}, context ${VERIFY_CONTEXT}`;
export const blockAgainstMetric = (ours: string, peer: string): string =>
  `step over ${VERIFY_BLOCK} tokens, ${ours} against ${peer}, context ${VERIFY_CONTEXT}`;
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

function verifyRows({ label, peers }: FormatGroup): readonly RowPlan[] {
  const single = verifyMetric(label, 1);
  const llama = peers.find(({ name }) => name.startsWith('llama'))?.label ?? '';
  const theirs = verifyMetric(llama, VERIFY_BLOCK);
  return [
    { metric: single, unit: MS },
    { metric: verifyMetric(label, VERIFY_BLOCK), unit: MS, baseline: single, aim: { of: 'ratio', atMost: 1.8 } },
    { metric: theirs, unit: MS, quick: false },
    {
      ...{ metric: blockAgainstMetric(label, llama), unit: MS, baseline: theirs, quick: false },
      aim: { of: 'ratio', atMost: 0.7 },
    },
    { metric: overheadMetric(label), unit: 'share', aim: { of: 'value', atMost: 0.03 } },
  ];
}

/** What the case `engine` promises. */
export const engineRows: readonly RowPlan[] = [...FORMATS.flatMap(decodeRows), ...FORMATS.flatMap(verifyRows)];
