// SPDX-License-Identifier: Apache-2.0
// What a played plan tells the planner: bytes on its links, and an outcome.
import { MESSAGE_SIZES } from '@aiflow/placement';
import { expect, test } from 'vitest';
import { outcomeOf, simulatePlan } from '../src/index.ts';
import { type Cell, DRAFT, fleetOf, REFERENCE, snapshotOf } from './planned-fleet.ts';

const MEMBERS = [
  { tier: 'device', exit: DRAFT },
  { tier: 'cloud', exit: REFERENCE },
] as const;
const plan = { kind: 'two-tiers', members: MEMBERS, draftLengths: [8], window: 8, maxAhead: 96, pull: 0 } as const;

/** A fleet whose device and edge are as fast as the cloud. */
function evenCell(cell: Pick<Cell, 'agreement' | 'edgeLink' | 'cloudLink' | 'answerTokens'>): Cell {
  return { deviceFactor: 1, edgeFactor: 1, promptTokens: 8, seed: 1, ...cell };
}

test('message sizes of the planner are those of the simulated link', async () => {
  const cell = evenCell({
    ...{ agreement: { draft: 1, middle: 1 }, answerTokens: 8 },
    ...{ edgeLink: { rttMs: 0 }, cloudLink: { rttMs: 0 } },
  });
  const { ledger } = await simulatePlan(fleetOf(cell), plan, 1);
  const [carried] = ledger?.links ?? [];
  const { opening, message, token } = MESSAGE_SIZES;
  expect(carried?.sentBytes).toBe(opening + 8 * token + (message + 8 * token));
  expect(carried?.receivedBytes).toBe(2 * message);
});

test('an outcome tells the planner of places, round trips and busy engines', async () => {
  const cell = evenCell({
    ...{ agreement: { draft: 0.9, middle: 1 }, answerTokens: 60 },
    ...{ edgeLink: { rttMs: 4 }, cloudLink: { rttMs: 40, bytesPerSecond: 125_000 } },
  });
  const result = await simulatePlan(fleetOf({ ...cell, deviceFactor: 2 }), plan, 1);
  const outcome = outcomeOf(result, snapshotOf(cell));
  expect(outcome).toMatchObject({ isTelling: true, durationMs: result.durationMs, answerTokens: 60 });
  expect(outcome.acceptance).toMatchObject([{ draftExit: DRAFT, judgeExit: REFERENCE }]);
  const [device, cloud] = outcome.nodes ?? [];
  expect(device).toMatchObject({ node: 'device', computeRatio: expect.closeTo(2, 1) });
  expect(cloud).toMatchObject({ node: 'cloud', computeRatio: expect.closeTo(1, 0) });
  expect(cloud?.rttMs).toBe(40);
  const jammed = await simulatePlan(fleetOf({ ...cell, cloudLink: { rttMs: 400 } }), plan, 1);
  const seen = outcomeOf(jammed, snapshotOf(cell)).nodes?.[1]?.rttMs ?? 0;
  expect(seen).toBeGreaterThan(350);
  expect(seen).toBeLessThan(420);
  const failed = { ...result, outcome: 'deadline' } as const;
  expect(outcomeOf(failed, snapshotOf(cell)).isTelling).toBe(false);
});
