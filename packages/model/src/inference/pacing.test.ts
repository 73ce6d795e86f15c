// SPDX-License-Identifier: Apache-2.0
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createPacing } from './pacing.ts';

test('a slowdown of 3 sleeps twice the processor time, fractions carried over', async () => {
  const clock = createVirtualClock();
  let usedMs = 50;
  const pacing = createPacing({ clock, processorMs: () => usedMs, slowdown: 3, signal: undefined });
  for (let step = 0; step < 20; step++) {
    usedMs += 0.3;
    const slept = pacing.checkpoint();
    await clock.runUntilIdle();
    await slept;
  }
  expect(pacing.elapsedMs()).toBeGreaterThan(20 * 0.6 - 1);
  expect(pacing.elapsedMs()).toBeLessThan(20 * 0.6 + 1e-6);
});

test('without a slowdown a checkpoint waits for nothing', async () => {
  const clock = createVirtualClock();
  await createPacing({ clock, processorMs: () => 1, slowdown: 1, signal: undefined }).checkpoint();
  expect(clock.pendingTimers).toBe(0);
});

test('a caller that gave up is noticed at the next checkpoint, and during the sleep', async () => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  let usedMs = 0;
  const pacing = createPacing({ clock, processorMs: () => usedMs, slowdown: 1000, signal: controller.signal });
  usedMs = 10;
  const sleeping = pacing.checkpoint();
  controller.abort();
  await expect(sleeping).rejects.toMatchObject({ code: 'cancelled' });
  await expect(pacing.checkpoint()).rejects.toMatchObject({ code: 'cancelled' });
  expect(clock.pendingTimers).toBe(0);
});
