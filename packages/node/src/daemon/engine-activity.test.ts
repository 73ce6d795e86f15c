// SPDX-License-Identifier: Apache-2.0
import type { HostedEngine } from '@aiflow/model';
import { createVirtualClock, sleep, type VirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { watchEngine } from './engine-activity.ts';

/** An engine whose every call takes 100 ms; only what is watched is there. */
function slowEngine(clock: VirtualClock): HostedEngine {
  const take = async (): Promise<never> => (await sleep(clock, 100)) as never;
  const calls = { open: take, draft: take, verify: take, draftMany: take, verifyMany: take };
  return {
    ...calls,
    readState: take,
    writeState: take,
    measureBits: take,
    rungs: new Map(),
  } as unknown as HostedEngine;
}

const draft = (session: string) => ({ session, exit: 1, base: 0, count: 1 });

test('an engine without calls is idle and works for nobody', async () => {
  const clock = createVirtualClock();
  const { activity } = watchEngine(slowEngine(clock), { clock });
  await clock.advance(60_000);
  expect(activity.busy).toBe(false);
  expect(activity.meanSessions()).toBe(0);
});

test('a session that asks ahead counts once, others beside it count too', async () => {
  const clock = createVirtualClock();
  const { engine, activity } = watchEngine(slowEngine(clock), { clock });
  const keepBusy = async (session: string): Promise<void> => {
    for (let call = 0; call < 600; call++) await engine.draft(draft(session));
  };
  const ahead = [keepBusy('a'), keepBusy('a')];
  await clock.advance(30_000);
  expect(activity.busy).toBe(true);
  expect(activity.meanSessions()).toBeCloseTo(1, 1);
  const others = [keepBusy('b'), engine.measureBits({ exit: 1, ids: [1, 2] })];
  await clock.advance(20_000);
  expect(activity.meanSessions()).toBeCloseTo(2, 1);
  await clock.advance(100_000);
  await Promise.all([...ahead, ...others]);
  expect(activity.busy).toBe(false);
  expect(activity.meanSessions()).toBeLessThan(0.01);
});

test('sessions of one pass count each', async () => {
  const clock = createVirtualClock();
  const { engine, activity } = watchEngine(slowEngine(clock), { clock });
  const pass = engine.draftMany([draft('a'), draft('b'), draft('c')]);
  await clock.advance(50);
  const expected = 3 * (1 - Math.exp(-50 / 5000));
  expect(activity.meanSessions()).toBeCloseTo(expected, 9);
  await clock.advance(50);
  await pass;
});

test('who listens hears of the first call after a rest, and no more once it has left', async () => {
  const clock = createVirtualClock();
  const { engine, activity } = watchEngine(slowEngine(clock), { clock });
  let heard = 0;
  const leave = activity.onBusy(() => heard++);
  const calls = [engine.draft(draft('a')), engine.draft(draft('b'))];
  expect(heard).toBe(1);
  await clock.advance(100);
  await Promise.all(calls);
  leave();
  const last = engine.draft(draft('a'));
  await clock.advance(100);
  await last;
  expect(heard).toBe(1);
});

test('a call that fails is over', async () => {
  const clock = createVirtualClock();
  const failing = { ...slowEngine(clock), draft: () => Promise.reject(new Error('lost')) };
  const { engine, activity } = watchEngine(failing, { clock });
  await expect(engine.draft(draft('a'))).rejects.toThrow('lost');
  expect(activity.busy).toBe(false);
});
