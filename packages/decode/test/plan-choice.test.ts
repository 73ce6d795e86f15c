// SPDX-License-Identifier: Apache-2.0
// The plan that the planner puts first against others, played by the driver on virtual time.
import { findPlans, type Plan } from '@aiflow/placement';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cell, cells, fleetOf, playedMs, RUNS, snapshotOf } from './planned-fleet.ts';

/** Fixed choices: one node alone, or drafts of 4, 8 or 16 that everybody agreed on for ever. */
function fixedPlans(cell: Cell): readonly Plan[] {
  const usual = findPlans(snapshotOf(cell));
  return usual.flatMap(plan =>
    plan.draftLengths.length === 0
      ? [plan]
      : [4, 8, 16].map(length => ({ ...plan, draftLengths: [length], window: 8 })),
  );
}

describe('the plan that is chosen', () => {
  test('takes hardly longer than the best fixed choice, in any fleet', async () => {
    await fc.assert(
      fc.asyncProperty(cells, async cell => {
        const fleet = fleetOf(cell);
        const [chosen] = findPlans(snapshotOf(cell));
        if (chosen === undefined) throw new Error('no plan');
        const ours = await playedMs(fleet, chosen, 12);
        for (const plan of fixedPlans(cell)) {
          const other = await playedMs(fleet, plan, 12);
          const noiseMs = 2.5 * Math.hypot(ours.errorMs, other.errorMs);
          expect(ours.ms, `${chosen.label} against ${plan.label}`).toBeLessThan(other.ms / 0.95 + noiseMs);
        }
      }),
      RUNS,
    );
  }, 300_000);

  test('drafts nothing where drafting loses: a device six times slower that is often wrong, over any link', async () => {
    const slow = cells.map(cell => ({
      ...{ ...cell, deviceFactor: 6, edgeFactor: 4, answerTokens: 60 },
      agreement: { draft: 0.9, middle: 0.97 },
    }));
    await fc.assert(
      fc.asyncProperty(slow, async cell => {
        const [chosen] = findPlans(snapshotOf(cell));
        expect(chosen?.draftLengths).toEqual([]);
      }),
      RUNS,
    );
  });
});
