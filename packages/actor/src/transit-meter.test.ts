// SPDX-License-Identifier: Apache-2.0
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createTransitMeter } from './transit-meter.ts';

test('says how much longer a message took than the fastest of its link, whatever the offset of the clocks', async () => {
  const clock = createVirtualClock({ startMs: 1_000_000 });
  const meter = createTransitMeter(clock);
  const arrive = (sentAgoMs: number): number => meter.excessMs('edge-1', 'boot', clock.nowMs() - sentAgoMs - 777_777);
  expect(arrive(30)).toBe(0);
  expect(arrive(80)).toBe(50);
  expect(arrive(10)).toBe(0);
  expect(arrive(80)).toBe(70);
  expect(meter.excessMs('edge-1', 'another boot', 5)).toBe(0);
});

test('forgets the fastest after two windows, so that drifting clocks do no harm', async () => {
  const clock = createVirtualClock();
  const meter = createTransitMeter(clock, { windowMs: 1_000 });
  expect(meter.excessMs('edge-1', 'boot', clock.nowMs())).toBe(0);
  await clock.advance(1_000);
  expect(meter.excessMs('edge-1', 'boot', clock.nowMs() - 40)).toBe(40);
  await clock.advance(1_000);
  expect(meter.excessMs('edge-1', 'boot', clock.nowMs() - 40)).toBe(0);
});

test('remembers a bounded number of links', () => {
  const meter = createTransitMeter(createVirtualClock({ startMs: 100 }), { maxLinks: 2 });
  for (const node of ['a', 'b', 'c']) meter.excessMs(node, 'boot', 100);
  expect(meter.excessMs('c', 'boot', 90)).toBe(10);
  expect(meter.excessMs('a', 'boot', 90)).toBe(0); // forgotten: its first message again
});
