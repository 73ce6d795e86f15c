// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom } from '@aiflow/time';
import { expect, test } from 'vitest';
import { planFaults } from './real-faults.ts';
import { FULL_PLAN } from './real-rows.ts';

const plan = () => planFaults(FULL_PLAN, ['device-1', 'edge-1', 'cloud-1'], createSeededRandom('plan'));

test('cuts follow each other and are as many and as long as planned', () => {
  const { cuts, wholeMs } = plan();
  expect(cuts).toHaveLength(FULL_PLAN.cuts);
  let endMs = 0;
  for (const { atMs, forMs } of cuts) {
    expect(atMs).toBeGreaterThanOrEqual(endMs + FULL_PLAN.gapMs[0]);
    expect(forMs).toBeGreaterThanOrEqual(FULL_PLAN.cutMs[0]);
    expect(forMs).toBeLessThanOrEqual(FULL_PLAN.cutMs[1]);
    endMs = atMs + forMs;
  }
  expect(endMs).toBe(wholeMs);
  expect(new Set(cuts.map(({ how }) => how)).size).toBe(3);
});

test('every node is killed as often as planned, in order and before the last cut ends; the same seed plans the same', () => {
  const { kills, brokerKills, wholeMs } = plan();
  for (const each of [...kills.values(), brokerKills]) {
    const times = each.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(times.every(atMs => atMs >= 0 && atMs <= wholeMs)).toBe(true);
  }
  expect([...kills.values()].map(each => each.length)).toEqual([5, 5, 5]);
  expect(brokerKills).toHaveLength(2);
  expect(plan()).toEqual(plan());
});
