// SPDX-License-Identifier: Apache-2.0
// The planner's estimates against the driver they speak of, on virtual time.
import { estimateShape, findPlans, type LinkFacts } from '@aiflow/placement';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cells, DRAFT, fleetOf, MIDDLE, playedMs, REFERENCE, RUNS, snapshotOf } from './planned-fleet.ts';

describe('estimates', () => {
  test('of the plans that are offered are within 15 % of what the driver takes, in any fleet', async () => {
    await fc.assert(
      fc.asyncProperty(cells, async cell => {
        const drafted = findPlans(snapshotOf(cell)).filter(({ draftLengths }) => draftLengths.length > 0);
        expect(
          drafted
            .map(({ kind }) => kind)
            .sort()
            .at(0),
        ).toMatch(/tiers/);
        for (const plan of drafted.slice(0, 2)) {
          const played = await playedMs(fleetOf(cell), plan, 12);
          const allowedMs = 0.15 * played.ms + 2.5 * played.errorMs;
          expect(Math.abs(plan.expectedMs - played.ms), plan.label).toBeLessThan(allowedMs);
        }
      }),
      RUNS,
    );
  }, 300_000);

  test('of any shape are within 25 %, where the link is not flooded with drafts that are worthless', async () => {
    const shapes = fc.record({
      draftLengths: fc.constantFrom([4], [8], [16], [4, 8], [24]),
      window: fc.constantFrom(2, 8, 16),
      chain: fc.constantFrom(['cloud'] as const, ['edge', 'cloud'] as const),
    });
    const wide = (link: LinkFacts): LinkFacts => ({ ...link, bytesPerSecond: 10 * (link.bytesPerSecond ?? 0) });
    await fc.assert(
      fc.asyncProperty(cells, shapes, async (any, { chain, draftLengths, window }) => {
        const cell = { ...any, edgeLink: wide(any.edgeLink), cloudLink: wide(any.cloudLink) };
        const shape = { draftLengths, window, maxAhead: 96, pull: 0 };
        const judges = chain.map(tier => ({ tier, node: tier, exit: tier === 'edge' ? MIDDLE : REFERENCE }));
        const members = [{ tier: 'device', node: 'device', exit: DRAFT } as const, ...judges];
        const kind = members.length === 3 ? 'three-tiers' : 'two-tiers';
        const estimate = estimateShape(snapshotOf(cell), members, shape) ?? 0;
        const played = await playedMs(fleetOf(cell), { ...shape, kind, members }, 12);
        expect(Math.abs(estimate - played.ms)).toBeLessThan(0.25 * played.ms + 2.5 * played.errorMs);
      }),
      RUNS,
    );
  }, 300_000);

  test('of answers by one node are within 5 %', async () => {
    await fc.assert(
      fc.asyncProperty(cells, async cell => {
        const lone = findPlans({ ...snapshotOf(cell), allowed: ['local', 'pull', 'hand-over'] });
        expect(lone.map(({ kind }) => kind).sort()).toEqual(['hand-over', 'local', 'pull']);
        for (const plan of lone) {
          const played = await playedMs(fleetOf(cell), plan, 1);
          expect(Math.abs(plan.expectedMs - played.ms), plan.label).toBeLessThan(0.05 * played.ms);
        }
      }),
      RUNS,
    );
  }, 300_000);
});
