// SPDX-License-Identifier: Apache-2.0
// Fleets as the planner sees them and as the driver plays them on virtual time.
import type { AcceptanceFacts, ExitCost, LinkFacts, PlacementSnapshot, RemoteNode } from '@aiflow/placement';
import fc from 'fast-check';
import { type EngineCosts, type SimulatedFleet, simulatePlan, verifyCurve } from '../src/index.ts';

/** Means of few answers stray now and then, so that a usual run plays the same fleets each time; FC_RUNS plays others. */
export const RUNS =
  process.env.FC_RUNS === undefined ? { numRuns: 12, seed: 4 } : { numRuns: Number(process.env.FC_RUNS) };
export const DRAFT = 1;
export const MIDDLE = 5;
export const REFERENCE = 11;
const CURVE = [
  { tokens: 1, ms: 8.74 },
  { tokens: 8, ms: 11.6 },
  { tokens: 32, ms: 26 },
];

export interface Cell {
  readonly deviceFactor: number;
  readonly edgeFactor: number;
  readonly agreement: { readonly draft: number; readonly middle: number };
  readonly edgeLink: LinkFacts;
  readonly cloudLink: LinkFacts;
  readonly answerTokens: number;
  readonly promptTokens: number;
  readonly seed: number;
}

/** An exit's costs: its share of twelve blocks, on a machine so many times slower. */
function cost(exit: number, factor: number): ExitCost {
  const share = (factor * (exit + 1)) / 12;
  const verify = CURVE.map(({ tokens, ms }) => ({ tokens, ms: ms * share }));
  return { exit, format: 'fp32', stepMs: 8.74 * share, verify };
}

function engine(exit: number, factor: number): EngineCosts {
  const { stepMs, verify = [] } = cost(exit, factor);
  const prefillMs = (verify.at(-1)?.ms ?? 0) / 32;
  return { stepMs, verifyMs: verifyCurve(verify), openMs: tokens => tokens * prefillMs };
}

export function fleetOf(cell: Cell): SimulatedFleet {
  const { deviceFactor, edgeFactor, edgeLink, cloudLink, agreement, answerTokens, promptTokens, seed } = cell;
  return {
    ...{ referenceExit: REFERENCE, answerTokens, promptTokens, seed },
    agreement: { [DRAFT]: agreement.draft, [MIDDLE]: agreement.middle },
    device: { exits: { [DRAFT]: engine(DRAFT, deviceFactor), [REFERENCE]: engine(REFERENCE, deviceFactor) } },
    edge: { exits: { [MIDDLE]: engine(MIDDLE, edgeFactor) }, link: edgeLink },
    cloud: { exits: { [REFERENCE]: engine(REFERENCE, 1) }, link: cloudLink },
  };
}

export function snapshotOf(cell: Cell): PlacementSnapshot {
  const { deviceFactor, edgeFactor, edgeLink, cloudLink, agreement, answerTokens, promptTokens } = cell;
  const edge: RemoteNode = { node: 'edge', tier: 'edge', link: edgeLink, exits: [cost(MIDDLE, edgeFactor)] };
  const cloud: RemoteNode = { node: 'cloud', tier: 'cloud', link: cloudLink, exits: [cost(REFERENCE, 1)] };
  // A draft is what the middle exit says where both are right; where both are wrong they hardly ever meet.
  const pair = (draftExit: number, judgeExit: number, share: number): AcceptanceFacts => ({
    ...{ draftExit, judgeExit },
    byPosition: [share],
  });
  return {
    ...{ referenceExit: REFERENCE, promptTokens, answerTokens },
    owner: { node: 'device', tier: 'device', exits: [cost(DRAFT, deviceFactor), cost(REFERENCE, deviceFactor)] },
    others: [edge, cloud],
    acceptance: [
      pair(DRAFT, MIDDLE, agreement.draft * agreement.middle),
      pair(DRAFT, REFERENCE, agreement.draft),
      pair(MIDDLE, REFERENCE, agreement.middle),
    ],
  };
}

const link = (rtts: readonly number[]): fc.Arbitrary<LinkFacts> =>
  fc.record({ rttMs: fc.constantFrom(...rtts), bytesPerSecond: fc.constantFrom(12_500, 125_000, 1_250_000) });
export const cells: fc.Arbitrary<Cell> = fc.record({
  deviceFactor: fc.constantFrom(1, 2, 3, 6),
  edgeFactor: fc.constantFrom(1, 2),
  agreement: fc.record({
    draft: fc.double({ min: 0.85, max: 0.995, noNaN: true }),
    middle: fc.double({ min: 0.97, max: 1, noNaN: true }),
  }),
  edgeLink: link([2, 10, 30]),
  cloudLink: link([0, 20, 50, 80, 150, 300]),
  answerTokens: fc.constantFrom(20, 60, 90),
  promptTokens: fc.constantFrom(8, 48),
  seed: fc.integer({ min: 1, max: 10_000 }),
});

export interface Mean {
  readonly ms: number;
  /** Standard error. */
  readonly errorMs: number;
}

export async function playedMs(
  fleet: SimulatedFleet,
  plan: Parameters<typeof simulatePlan>[1],
  answers: number,
): Promise<Mean> {
  const times: number[] = [];
  for (let answer = 0; answer < answers; answer++) times.push((await simulatePlan(fleet, plan, answer)).durationMs);
  const ms = times.reduce((sum, one) => sum + one, 0) / answers;
  const variance = times.reduce((sum, one) => sum + (one - ms) ** 2, 0) / Math.max(1, answers - 1);
  return { ms, errorMs: Math.sqrt(variance / answers) };
}
