import { expect, test } from 'vitest';
import { simulateDecoding, verifyCurve } from './index.ts';

const verifyMs = verifyCurve([
  { tokens: 1, ms: 7.2 },
  { tokens: 8, ms: 12 },
  { tokens: 32, ms: 26 },
]);
const fleet = {
  device: { stepMs: 1.2, agreement: 0.984 },
  cloud: { stepMs: 7.2, verifyMs, rttMs: 50 },
};

test('a device that drafts well beats the cloud alone over 50 ms, and pipelining is what makes it', async () => {
  const pipelined = await simulateDecoding(fleet);
  const synchronous = await simulateDecoding({ ...fleet, window: 1, maxAhead: 8 });
  expect(pipelined.cloudOnlyMs / pipelined.twoTiersMs).toBeGreaterThan(1.5);
  expect(pipelined.twoTiersMs).toBeLessThan(0.7 * synchronous.twoTiersMs);
});

test('an edge close by pays where the cloud is far', async () => {
  const edge = { stepMs: 3, verifyMs: verifyCurve([{ tokens: 8, ms: 5 }]), rttMs: 4, agreement: 0.998 };
  const simulated = await simulateDecoding({ ...fleet, cloud: { ...fleet.cloud, rttMs: 150 }, edge });
  expect(simulated.threeTiersMs).toBeLessThan(simulated.twoTiersMs);
});

test('where drafting does not pay, the owner leads as fast as the cloud alone is', async () => {
  const slow = { device: { stepMs: 8, agreement: 0.9 }, cloud: { ...fleet.cloud, rttMs: 300 } };
  const simulated = await simulateDecoding(slow);
  expect(simulated.twoTiersMs).toBeGreaterThan(2 * simulated.cloudOnlyMs);
  expect(simulated.pulledMs).toBeLessThan(1.02 * simulated.cloudOnlyMs);
});

test('the same scenario takes the same time to the millisecond', async () => {
  expect(await simulateDecoding(fleet)).toEqual(await simulateDecoding(fleet));
});

test('a measured verify curve is read between its points and beyond them', () => {
  expect(verifyMs(0)).toBe(7.2);
  expect(verifyMs(8)).toBe(12);
  expect(verifyMs(20)).toBe(19);
  expect(verifyMs(64)).toBe(52);
});
