// SPDX-License-Identifier: Apache-2.0
// A link that is slow is no fault of the node behind it: it is waited for as far as the time left allows.
import { describe, expect, test } from 'vitest';
import { startPlanned } from './planned-toy-fleet.ts';
import { question } from './three-tiers.ts';
import { type Asked, CLOUD, DEVICE, startToyFleet } from './toy-fleet.ts';

const times = { deadlineMs: 200, revisionsUntilMs: 3000 };

function expectTheCloudHadAWord(asked: Asked, openings: number): void {
  expect(asked.error).toBeUndefined();
  expect(asked.provisional[0]?.revision).toMatchObject({ tier: 'device', exit: 1 });
  expect(asked.summary?.tiers[1]).toMatchObject({ node: 'cloud-1', state: 'serving', openings });
  expect(asked.summary?.committed).toBeGreaterThan(0);
  expect(asked.summary?.references).toMatchObject([{ node: 'cloud-1', exit: 4, from: 0 }]);
  expect(asked.summary?.reasons.join()).not.toContain('given up');
}

describe('a cloud behind a slow link, with seconds left', () => {
  test.each([600, 900, 1100])('has the last word when probes say that it is %i ms away', async rttMs => {
    const fleet = await startPlanned([DEVICE, CLOUD], { 'cloud-1': rttMs });
    for (const tiers of ['auto', 'two'] as const)
      expectTheCloudHadAWord(await fleet.ask({ question, tiers, ...times }), 1);
  });

  test('has it at the second try when nobody measured the link', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE, CLOUD], faults: { delayMs: 450 } });
    expectTheCloudHadAWord(await fleet.ask({ question, ...times }), 2);
  });

  test('is waited for from the first opening on once an answer has shown how far it is', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE, CLOUD], faults: { delayMs: 450 } });
    await fleet.ask({ question, deadlineMs: 20_000 });
    expectTheCloudHadAWord(await fleet.ask({ question, tiers: 'two', ...times }), 1);
  });

  test('and that is dead is given up by half of the time, and the next one has the last word', async () => {
    const second = { ...CLOUD, node: 'cloud-2' };
    const fleet = await startPlanned([DEVICE, CLOUD, second], { 'cloud-1': 600, 'cloud-2': 610 });
    await fleet.kill('cloud-1');
    const { summary } = await fleet.ask({ question, tiers: 'two', ...times });
    expect(summary?.references.at(-1)).toMatchObject({ node: 'cloud-2', exit: 4 });
  });
});
