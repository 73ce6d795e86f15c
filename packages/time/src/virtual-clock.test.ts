import { expect, test } from 'vitest';
import { createVirtualClock, sleep } from './index.ts';

test('fires timers in order of their due time, and equal ones in the order they were set', async () => {
  const clock = createVirtualClock();
  const fired: string[] = [];
  clock.setTimer(20, () => fired.push('late'));
  clock.setTimer(10, () => fired.push('first of two'));
  clock.setTimer(10, () => fired.push('second of two'));
  await clock.advance(15);
  expect(fired).toEqual(['first of two', 'second of two']);
  expect(clock.nowMs()).toBe(15);
  await clock.advance(5);
  expect(fired.at(-1)).toBe('late');
});

test('runs every reaction to one timer before the next timer fires', async () => {
  const clock = createVirtualClock();
  const seen: string[] = [];
  const waitTwice = async (): Promise<void> => {
    await sleep(clock, 1);
    seen.push(`woke at ${clock.nowMs()}`);
    await sleep(clock, 1);
    seen.push(`woke at ${clock.nowMs()}`);
  };
  void waitTwice();
  clock.setTimer(1.5, () => seen.push('between'));
  await clock.advance(10);
  expect(seen).toEqual(['woke at 1', 'between', 'woke at 2']);
});

test('a cancelled timer never fires', async () => {
  const clock = createVirtualClock();
  let fired = false;
  clock
    .setTimer(1, () => {
      fired = true;
    })
    .cancel();
  await clock.advance(5);
  expect(fired).toBe(false);
  expect(clock.pendingTimers).toBe(0);
});

test('an aborted sleep rejects at once with the reason and leaves no timer behind', async () => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const sleeping = sleep(clock, 1000, controller.signal);
  controller.abort(new Error('no longer needed'));
  await expect(sleeping).rejects.toThrow('no longer needed');
  expect(clock.pendingTimers).toBe(0);
});

test('runUntilIdle tells how much time passed', async () => {
  const clock = createVirtualClock({ startMs: 100 });
  void sleep(clock, 30).then(() => sleep(clock, 12));
  expect(await clock.runUntilIdle()).toBe(42);
});

test('runUntilSettled gives what the work gives, and throws what it throws', async () => {
  const clock = createVirtualClock();
  expect(await clock.runUntilSettled(sleep(clock, 120).then(() => 'done'))).toBe('done');
  expect(clock.nowMs()).toBe(150);
  const failing = sleep(clock, 7).then(() => Promise.reject(new Error('broke')));
  await expect(clock.runUntilSettled(failing, { stepMs: 1 })).rejects.toThrow('broke');
  expect(clock.nowMs()).toBe(157);
});

test('runUntilSettled gives up on work that never ends', async () => {
  const clock = createVirtualClock();
  const never = new Promise<void>(() => undefined);
  await expect(clock.runUntilSettled(never, { limitMs: 1000 })).rejects.toThrow('within 1000 ms of virtual time');
  expect(clock.nowMs()).toBe(1000);
});
