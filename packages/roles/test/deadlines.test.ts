// SPDX-License-Identifier: Apache-2.0
// At the deadline the best answer so far is an outcome, not an error, whoever was to give the answer.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startPlanned } from './planned-toy-fleet.ts';
import { question } from './three-tiers.ts';
import { CLOUD, DEVICE, EDGE, honestCosts } from './toy-fleet.ts';

const RUNS = Number(process.env.FC_RUNS ?? 60);

test('whatever was shown stands, with tier, exit, confidence and what of it is sure', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        deadlineMs: fc.integer({ min: 20, max: 900 }),
        tiers: fc.constantFrom(
          'auto' as const,
          'local' as const,
          'two' as const,
          'three' as const,
          'cloud-only' as const,
        ),
        stepMs: fc.constantFrom(4, 40),
        rttMs: fc.constantFrom(4, 60, 200),
        isPlanned: fc.boolean(),
      }),
      async ({ deadlineMs, tiers, stepMs, rttMs, isPlanned }) => {
        const nodes = [{ ...DEVICE, stepMs }, EDGE, { ...CLOUD, stepMs: 12 }];
        const costs = isPlanned ? honestCosts : () => undefined;
        const fleet = await startPlanned(nodes, { 'edge-1': 2, 'cloud-1': rttMs }, costs);
        const { revisions, summary, error, durationMs } = await fleet.ask({ question, tiers, deadlineMs });
        expect(durationMs).toBeLessThanOrEqual(deadlineMs + 1);
        const last = revisions.at(-1);
        if (last === undefined) {
          expect(error).toMatchObject({ code: 'deadline-exceeded', hop: expect.stringContaining('device-1') });
          return;
        }
        expect(error).toBeUndefined();
        expect(['complete', 'deadline']).toContain(summary?.outcome);
        expect(summary?.committed).toBe(last.committed);
        expect(last.exit).toBeGreaterThan(0);
        expect(last.confidence).toBeGreaterThan(0);
        const sure = Buffer.from(last.text).subarray(0, last.committedBytes).toString();
        expect(fleet.alone(question, tiers === 'local' ? 1 : 4).startsWith(sure)).toBe(true);
      },
    ),
    { numRuns: RUNS },
  );
}, 120_000);
