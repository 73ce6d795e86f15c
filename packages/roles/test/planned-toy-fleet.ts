// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { question } from './three-tiers.ts';
import {
  type Asked,
  honestCosts,
  startToyFleet,
  type ToyFleet,
  type ToyFleetOptions,
  type ToyNode,
} from './toy-fleet.ts';

const acceptance = [
  { draftExit: 1, judgeExit: 3, byPosition: [0.81] },
  { draftExit: 1, judgeExit: 4, byPosition: [0.85] },
  { draftExit: 3, judgeExit: 4, byPosition: [0.95] },
];

/** A toy fleet whose nodes state their costs and whose links are probed. */
export interface PlannedFleet extends ToyFleet {
  /** Sets the delay to another node and what probes say of it. */
  moveTo(node: string, rttMs: number): void;
}

/** Round trips by node; `costs` is what a node states, the truth by default. */
export async function startPlanned(
  nodes: readonly ToyNode[],
  rttMs: Readonly<Record<string, number>>,
  costs: (node: ToyNode) => ReturnType<typeof honestCosts> | undefined = honestCosts,
  more: Pick<ToyFleetOptions, 'textModel' | 'answerer'> = {},
): Promise<PlannedFleet> {
  const trips = new Map(Object.entries(rttMs));
  const links = { to: (node: string) => ({ rttMs: trips.get(node), bytesPerSecond: undefined }) };
  const fleet = await startToyFleet({ nodes, costs, links, acceptance, ...more });
  const moveTo = (node: string, tripMs: number): void => {
    trips.set(node, tripMs);
    fleet.network.setFaults('device-1', node, { delayMs: tripMs / 2 });
    fleet.network.setFaults(node, 'device-1', { delayMs: tripMs / 2 });
  };
  for (const [node, tripMs] of trips) moveTo(node, tripMs);
  return { ...fleet, moveTo };
}

/** The whole answer, as exit 4 gives it alone. */
export function expectTheCloudsWords(fleet: ToyFleet, { revisions, summary, error }: Asked): void {
  expect(error).toBeUndefined();
  expect(revisions.at(-1)).toMatchObject({ text: fleet.alone(question, 4), finished: true });
  expect(summary).toMatchObject({ exact: true, outcome: 'complete' });
}
