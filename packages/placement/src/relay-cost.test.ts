// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { breakEvenRate, compareRelayWays, type RelayCosts } from './relay-cost.ts';

/** 128 positions of nano at exit 5 in int8, held by the source already. */
const COSTS: RelayCosts = {
  link: { rttMs: 1, bytesPerSecond: 125_000_000 },
  positions: 128,
  tokens: 16,
  rowBytes: 388,
  cacheBytes: 3880,
  sourceMs: 0,
  fullMs: 120,
  upperMs: 70,
  stepMs: 3,
  stepBelowMs: 1.25,
  stepAboveMs: 1.75,
};

const first = (change: Partial<RelayCosts>): string | undefined => compareRelayWays({ ...COSTS, ...change })[0]?.way;
const link = (rttMs: number, bytesPerSecond: number): Pick<RelayCosts, 'link'> => ({ link: { rttMs, bytesPerSecond } });

test('a fast near link takes over whole: cache, so that no token waits a round trip', () => {
  expect(first(link(1, 1e9))).toBe('cache');
});

test('a near link that is slow sends features', () => {
  expect(first(link(0.2, 2e6))).toBe('features');
});

test('a far link recomputes when the source would stay in the loop for many tokens', () => {
  expect(first(link(100, 100_000))).toBe('ids');
});

test('a source without a head start is not worth waiting for', () => {
  expect(first({ ...link(5, 1e6), sourceMs: 500 })).toBe('ids');
});

test('the estimates are the sums they claim to be', () => {
  const [features] = compareRelayWays(COSTS).filter(({ way }) => way === 'features');
  const rowMs = (388 / 125_000_000) * 1000;
  expect(features?.firstTokenMs).toBeCloseTo(1 + 128 * rowMs + 70, 9);
  expect(features?.totalMs).toBeCloseTo(1 + 128 * rowMs + 70 + 16 * (1 + rowMs + 3), 9);
  expect(features?.bytes).toBe(144 * 388);
});

test('a faster link never makes a relay slower, and below the break-even rate ids are preferred', () => {
  const ms = fc.double({ min: 0, max: 500, noNaN: true });
  fc.assert(
    fc.property(fc.record({ rttMs: ms, fullMs: ms, upperMs: ms, sourceMs: ms }), ({ rttMs, ...times }) => {
      const costs = { ...COSTS, ...times, ...link(rttMs, 1e6) };
      const faster = { ...costs, ...link(rttMs, 2e6) };
      for (const { way, totalMs } of compareRelayWays(faster)) {
        const slow = compareRelayWays(costs).find(estimate => estimate.way === way);
        expect(totalMs).toBeLessThanOrEqual(slow?.totalMs ?? 0);
      }
      const rate = breakEvenRate(costs);
      if (rate > 0 && rate < Infinity) {
        expect(first({ ...costs, ...link(rttMs, rate * 1.01) })).not.toBe('ids');
        expect(first({ ...costs, ...link(rttMs, rate / 1.01) })).toBe('ids');
      }
    }),
  );
});
