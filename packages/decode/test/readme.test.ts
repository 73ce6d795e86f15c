import { expect, test } from 'vitest';
import { simulateDecoding } from '../src/index.ts';

test('the example of the README says what it promises', async () => {
  const { cloudOnlyMs, twoTiersMs, pulledMs } = await simulateDecoding({
    device: { stepMs: 6, agreement: 0.9 },
    cloud: { stepMs: 30, rttMs: 50 },
  });
  for (const ms of [cloudOnlyMs, twoTiersMs, pulledMs]) expect(ms).toBeGreaterThan(0);
  expect(twoTiersMs).toBeLessThan(cloudOnlyMs);
});
