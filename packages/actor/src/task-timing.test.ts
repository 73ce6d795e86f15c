// SPDX-License-Identifier: Apache-2.0
import { createVirtualClock, type Timer } from '@aiflow/time';
import { expect, test } from 'vitest';
import { TaskTiming } from './task-timing.ts';

function start(limitMs: number) {
  const clock = createVirtualClock();
  const fired: number[] = [];
  const timing = new TaskTiming(clock, 500, () => void fired.push(clock.nowMs()));
  const task = { limitMs, beganMs: 0, timer: undefined as Timer | undefined };
  timing.onQueued(task, 0);
  return { clock, fired, timing, task };
}

test('a task that waits is up at its sender’s limit, and one without a limit sets no timer', async () => {
  const { clock, fired } = start(300);
  await clock.advance(1_000);
  expect(fired).toEqual([300]);
  expect(start(Infinity).clock.pendingTimers).toBe(0);
});

test('a handler is up at the actor’s limit when that is sooner than the sender’s, and not otherwise', async () => {
  for (const [limitMs, upAtMs] of [
    [Infinity, 600],
    [2_000, 600],
    [400, 400],
  ] as const) {
    const { clock, fired, timing, task } = start(limitMs);
    await clock.advance(100);
    timing.onBegun(task, 100);
    await clock.advance(5_000);
    expect(fired).toEqual([upAtMs]);
    expect(task.limitMs).toBe(upAtMs);
  }
});

test('a handler that was told to end hangs a second after its longest time, whenever it was told', async () => {
  const { clock, fired, timing, task } = start(Infinity);
  timing.onBegun(task, 0);
  await clock.advance(200);
  timing.onGivenUp(task);
  await clock.advance(5_000);
  expect(fired).toEqual([timing.hungAfterMs]);
  expect(timing.hungAfterMs).toBe(1_500);
});
