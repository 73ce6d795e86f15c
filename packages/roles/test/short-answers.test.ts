// SPDX-License-Identifier: Apache-2.0
// What an answer takes beside its tokens must not be taken for the time of a token.
import { sleep, type VirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import { expectTheCloudsWords, type PlannedFleet, startPlanned } from './planned-toy-fleet.ts';
import { question } from './three-tiers.ts';
import { CLOUD, DEVICE, honestCosts } from './toy-fleet.ts';

const WEIGHING_MS = 150;
const SATELLITE_MS = 600;

/** A satellite link; every node weighs a question for a while before it answers, which no cost foretells. */
async function startBehindSatellite(): Promise<PlannedFleet> {
  let clock: VirtualClock | undefined;
  const scoreDomain = async (): Promise<undefined> => {
    if (clock !== undefined) await sleep(clock, WEIGHING_MS);
  };
  const nodes = [
    { ...DEVICE, stepMs: 8 },
    { ...CLOUD, stepMs: 12 },
  ];
  const fleet = await startPlanned(nodes, { 'cloud-1': SATELLITE_MS }, honestCosts, { textModel: { scoreDomain } });
  clock = fleet.clock;
  return fleet;
}

describe('behind a satellite link, after answers of one token', () => {
  test.each([
    ['cloud-only', 1],
    ['cloud-only', 6],
    ['auto', 6],
    ['two', 6],
  ] as const)(
    'by %s, %d of them, the way that is fastest is taken, and expected to take what it takes',
    async (...row) => {
      const [tiers, count] = row;
      const fleet = await startBehindSatellite();
      for (let warmUp = 0; warmUp < count; warmUp++) await fleet.ask({ question, tiers, maxTokens: 1 });
      const alone = await fleet.ask({ question, tiers: 'cloud-only' });
      for (let round = 0; round < 6; round++) {
        const asked = await fleet.ask({ question });
        expectTheCloudsWords(fleet, asked);
        expect(asked.summary?.plan?.kind).toMatch(/pull|hand-over/);
        expect(asked.durationMs).toBeLessThan(1.1 * alone.durationMs);
        expect(asked.summary?.plan?.expectedMs).toBeGreaterThan(0.5 * asked.durationMs);
        expect(asked.summary?.plan?.expectedMs).toBeLessThan(1.5 * asked.durationMs);
      }
    },
  );
});

test('answers that were cut short do not make the next ones look short', async () => {
  const fleet = await startBehindSatellite();
  for (let warmUp = 0; warmUp < 12; warmUp++) await fleet.ask({ question, tiers: 'local', maxTokens: 1 });
  const { summary } = await fleet.ask({ question });
  expect(summary?.plan?.reasons[0]).toMatch(/for about 48 tokens$/);
});
