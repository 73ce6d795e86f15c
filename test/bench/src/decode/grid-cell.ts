// SPDX-License-Identifier: Apache-2.0
import type { EngineCosts, SimulatedFleet, SimulatedNode } from '@aiflow/decode';
import { costCurve, type ExitCost, type LinkFacts, type PlacementSnapshot, type RemoteNode } from '@aiflow/placement';
import type { RecordedCost, RecordedCosts } from './recorded-costs.ts';

/** One place of the grid. */
export interface GridCell {
  readonly rttMs: number;
  readonly mbitPerSecond: number;
  /** Times the device's machine is slower than the cloud's. */
  readonly deviceFactor: number;
  readonly hasEdge: boolean;
  /** Agreement of the drafting exit instead of the recorded one. */
  readonly draftAgreement?: number;
}

export const GRID_RTT_MS = [0, 20, 50, 80, 150, 300] as const;
export const GRID_MBIT = [10, 1, 0.1] as const;
export const GRID_FACTORS = [1, 3, 6] as const;

/** Exits of the family that the grid uses. */
export const DRAFT_EXIT = 1;
export const MIDDLE_EXIT = 5;
export const REFERENCE_EXIT = 11;

/** The edge of every cell: a machine half as fast as the cloud's, beside the device. */
export const EDGE_FACTOR = 2;
export const EDGE_LINK: LinkFacts = { rttMs: 4, bytesPerSecond: 1_250_000 };

/** Every cell, with and without an edge. */
export const GRID_CELLS: readonly GridCell[] = [false, true].flatMap(hasEdge =>
  GRID_FACTORS.flatMap(deviceFactor =>
    GRID_MBIT.flatMap(mbitPerSecond => GRID_RTT_MS.map(rttMs => ({ rttMs, mbitPerSecond, deviceFactor, hasEdge }))),
  ),
);

/** Agreement of a better drafter than the recorded one, and the cells it is tried in. */
export const AGREEING_AGREEMENT = 0.98;
export const AGREEING_CELLS: readonly GridCell[] = GRID_CELLS.filter(
  ({ deviceFactor, rttMs }) => deviceFactor === 3 && rttMs <= 80,
).map(cell => ({ ...cell, draftAgreement: AGREEING_AGREEMENT }));

/** The fleet of a cell, to be played on virtual time. */
export function fleetOf(recorded: RecordedCosts, cell: GridCell): SimulatedFleet {
  const node = (factor: number, ...exits: readonly number[]): SimulatedNode => ({
    exits: Object.fromEntries(exits.map(exit => [exit, engineCosts(costOf(recorded, exit), factor)])),
  });
  return {
    device: node(cell.deviceFactor, DRAFT_EXIT, REFERENCE_EXIT),
    ...(cell.hasEdge ? { edge: { ...node(EDGE_FACTOR, MIDDLE_EXIT, REFERENCE_EXIT), link: EDGE_LINK } } : {}),
    cloud: { ...node(1, REFERENCE_EXIT), link: cloudLink(cell) },
    agreement: agreementOf(recorded, cell),
    referenceExit: REFERENCE_EXIT,
    answerTokens: recorded.answerTokens,
    promptTokens: recorded.promptTokens,
    seed: 7,
  };
}

/** What a planner would know of the same fleet. */
export function snapshotOf(recorded: RecordedCosts, cell: GridCell): PlacementSnapshot {
  const cost = (exit: number, factor: number): ExitCost => ({
    ...{ exit, format: 'fp32' },
    stepMs: costOf(recorded, exit).stepMs * factor,
    verify: scaled(costOf(recorded, exit), factor),
  });
  const edge: RemoteNode = {
    ...{ node: 'edge', tier: 'edge', link: EDGE_LINK },
    exits: [cost(MIDDLE_EXIT, EDGE_FACTOR), cost(REFERENCE_EXIT, EDGE_FACTOR)],
  };
  const cloud: RemoteNode = {
    ...{ node: 'cloud', tier: 'cloud', link: cloudLink(cell) },
    exits: [cost(REFERENCE_EXIT, 1)],
  };
  return {
    referenceExit: REFERENCE_EXIT,
    promptTokens: recorded.promptTokens,
    answerTokens: recorded.answerTokens,
    owner: {
      ...{ node: 'device', tier: 'device' },
      exits: [cost(DRAFT_EXIT, cell.deviceFactor), cost(REFERENCE_EXIT, cell.deviceFactor)],
    },
    others: cell.hasEdge ? [edge, cloud] : [cloud],
    acceptance: recorded.acceptance.map(pair =>
      pair.draftExit === DRAFT_EXIT && cell.draftAgreement !== undefined
        ? { ...pair, byPosition: [cell.draftAgreement] }
        : pair,
    ),
  };
}

function agreementOf({ agreement }: RecordedCosts, { draftAgreement }: GridCell): Readonly<Record<number, number>> {
  return draftAgreement === undefined ? agreement : { ...agreement, [DRAFT_EXIT]: draftAgreement };
}

function cloudLink({ rttMs, mbitPerSecond }: GridCell): LinkFacts {
  return { rttMs, bytesPerSecond: (mbitPerSecond * 1e6) / 8 };
}

function costOf({ costs }: RecordedCosts, exit: number): RecordedCost {
  const cost = costs[exit];
  if (cost === undefined) throw new Error(`the recorded costs lack exit ${exit}`);
  return cost;
}

function scaled({ verify }: RecordedCost, factor: number): RecordedCost['verify'] {
  return verify.map(({ tokens, ms }) => ({ tokens, ms: ms * factor }));
}

function engineCosts(cost: RecordedCost, factor: number): EngineCosts {
  const verifyMs = costCurve(scaled(cost, factor));
  const longest = cost.verify.at(-1) ?? { tokens: 1, ms: cost.stepMs };
  const prefillMs = (factor * longest.ms) / longest.tokens;
  return { stepMs: cost.stepMs * factor, verifyMs, openMs: tokens => tokens * prefillMs };
}
