// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { awaitReadiness, type Readiness } from './await-readiness.ts';

const NEVER = new Promise<never>(() => undefined);
const tooLate = (): AiflowError => new AiflowError('deadline-exceeded', 'not ready in time');
const watch = <T>(fields: Partial<Readiness<T>> & Pick<Readiness<T>, 'isReady'>): Readiness<T> => ({
  ...{ died: NEVER, limitMs: 100, tooLate },
  ...fields,
});

test('gives what the probe gives, and leaves no timer behind', async () => {
  const clock = createVirtualClock();
  expect(await awaitReadiness(clock, watch({ isReady: async () => 7 }))).toBe(7);
  expect(clock.pendingTimers).toBe(0);
});

test('fails at the limit, also when the probe ignores its signal', async () => {
  const clock = createVirtualClock();
  const waiting = awaitReadiness(clock, watch({ isReady: () => NEVER }));
  const outcome = expect(waiting).rejects.toMatchObject({ code: 'deadline-exceeded' });
  await clock.advance(100);
  await outcome;
});

test('fails with the death of the child, and ends the probe', async () => {
  const died = Promise.resolve(new AiflowError('unavailable', 'it ended'));
  let probe: AbortSignal | undefined;
  const isReady = (signal: AbortSignal): Promise<never> => {
    probe = signal;
    return NEVER;
  };
  await expect(awaitReadiness(createVirtualClock(), watch({ isReady, died }))).rejects.toThrow('it ended');
  expect(probe?.aborted).toBe(true);
});

test('fails with the reason of the caller, before and while it waits', async () => {
  const clock = createVirtualClock();
  const gone = AbortSignal.abort(new Error('changed my mind'));
  await expect(awaitReadiness(clock, watch({ isReady: () => NEVER }), gone)).rejects.toThrow('changed my mind');
  const controller = new AbortController();
  const waiting = awaitReadiness(clock, watch({ isReady: () => NEVER }), controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(clock.pendingTimers).toBe(0);
});
