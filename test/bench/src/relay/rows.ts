// SPDX-License-Identifier: Apache-2.0
import type { RowPlan } from '../harness/row.ts';

/** How often each part of the case is done. */
export const PLAN = {
  savingRounds: { full: 30, quick: 3 },
  byteRounds: { full: 5, quick: 1 },
  agreementQuestions: { full: 60, quick: 6 },
} as const;

/** Exits at which the source stops. */
export const RELAY_EXITS = [1, 3, 5, 8] as const;
export const WANTED_EXIT = 11;
/** Elements of a row of nano. */
export const WIDTH = 384;

export const WIRE_FORMATS = ['fp32', 'fp16', 'int8'] as const;
export type WireName = (typeof WIRE_FORMATS)[number];

/** Who computes in what: the node that stops, then the one that goes on. */
export const COMPUTE_PAIRS = [
  ['fp32', 'fp32'],
  ['int8', 'fp32'],
  ['int8', 'int8'],
] as const;
export type ComputePair = (typeof COMPUTE_PAIRS)[number];

export const FULL_FIRST = 'start over: computed until the first token';
export const relayFirst = (exit: number): string => `from exit ${exit}: computed until the first token`;
export const savedOfShare = (exit: number): string => `from exit ${exit}: time saved over the layers' share`;
export const positionBytes = (wire: WireName): string => `${wire}: bytes of a position of a prompt on the link`;
export const STEP_BYTES = 'int8: bytes of a said token on the link';
export const pairName = ([source, continuer]: ComputePair): string => `${source} then ${continuer}`;
export const sameTokens = (pair: ComputePair, wire: WireName): string =>
  `${pairName(pair)}, rows in ${wire}: tokens as fp32 alone`;
export const sameAnswers = (pair: ComputePair, wire: WireName): string =>
  `${pairName(pair)}, rows in ${wire}: answers as fp32 alone`;

const BUDGET = WIDTH + 64;

/** The least share of tokens that may stay as they are, where numbers are only rounded on the way. */
const TOKEN_AIMS: Readonly<Record<WireName, number>> = { fp32: 0.999, fp16: 0.99, int8: 0.95 };

function agreementRows(pair: ComputePair): readonly RowPlan[] {
  const isReference = pair[0] === 'fp32' && pair[1] === 'fp32';
  return WIRE_FORMATS.flatMap(wire => [
    {
      ...{ metric: sameTokens(pair, wire), unit: 'share', quick: false },
      ...(isReference ? { aim: { of: 'value', atLeast: TOKEN_AIMS[wire] } as const } : {}),
    },
    { metric: sameAnswers(pair, wire), unit: 'share', quick: false },
  ]);
}

/** Everything the case promises. */
export const relayRows: readonly RowPlan[] = [
  { metric: FULL_FIRST, unit: 'ms' },
  ...RELAY_EXITS.flatMap(exit => [
    { metric: relayFirst(exit), unit: 'ms', baseline: FULL_FIRST },
    { metric: savedOfShare(exit), unit: 'ratio', aim: { of: 'value', atLeast: 0.9 } as const },
  ]),
  ...WIRE_FORMATS.map(wire => ({
    ...{ metric: positionBytes(wire), unit: 'bytes' },
    ...(wire === 'int8' ? { aim: { of: 'value', atMost: BUDGET } as const } : {}),
  })),
  { metric: STEP_BYTES, unit: 'bytes', aim: { of: 'value', atMost: BUDGET } },
  ...COMPUTE_PAIRS.flatMap(agreementRows),
];
