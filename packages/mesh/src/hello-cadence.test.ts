// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { createHelloCadence } from './hello-cadence.ts';

type Reachable = Parameters<ReturnType<typeof createHelloCadence>['isDue']>[0];

const SELF = { site: 'home' } as const;
const clients: Reachable = Array.from({ length: 20 }, () => ({ tier: 'device', site: 'home' }));
const ownEdge = { tier: 'edge', site: 'home' } as const;

/** The pause after a hello until the next is due, to the millisecond. */
function pauseMs(tier: 'device' | 'edge' | 'cloud', reachable: Reachable): number {
  const cadence = createHelloCadence({ ...SELF, tier });
  cadence.said(0);
  for (let nowMs = 0; nowMs <= 60_000; nowMs++) if (cadence.isDue(reachable, nowMs)) return nowMs;
  return Infinity;
}

describe('a hello', () => {
  test('is due at once from a node that has not said one', () => {
    const cadence = createHelloCadence({ ...SELF, tier: 'cloud' });
    expect(cadence.isDue([ownEdge], 0)).toBe(true);
    expect(cadence.maySay(0)).toBe(true);
  });

  test('of a node that reaches nobody is due every 2 s', () => {
    for (const tier of ['device', 'edge', 'cloud'] as const) expect(pauseMs(tier, [])).toBe(2_000);
  });

  test('of a device without an edge in its site is due every 2 s, however many clients it knows', () => {
    expect(pauseMs('device', clients)).toBe(2_000);
    expect(pauseMs('device', [...clients, { tier: 'cloud', site: 'home' }])).toBe(2_000);
    expect(pauseMs('device', [...clients, { tier: 'edge', site: 'elsewhere' }])).toBe(2_000);
  });

  test('of a device with an edge in its site is due every 30 s', () => {
    expect(pauseMs('device', [ownEdge])).toBe(30_000);
    expect(pauseMs('device', [...clients, ownEdge])).toBe(30_000);
  });

  test('of an edge or a cloud that reaches anybody is due every 30 s', () => {
    for (const tier of ['edge', 'cloud'] as const) expect(pauseMs(tier, [{ tier: 'device', site: 'x' }])).toBe(30_000);
  });

  test('never follows another within 250 ms', () => {
    const cadence = createHelloCadence({ ...SELF, tier: 'device' });
    cadence.said(1_000);
    expect([1_000, 1_249, 1_250].map(nowMs => cadence.maySay(nowMs))).toEqual([false, false, true]);
  });
});
