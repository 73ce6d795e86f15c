// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { createIdleWaiters } from './idle-waiters.ts';

test('all who wait are let go at once, and those who come later wait for the next time', async () => {
  const waiters = createIdleWaiters();
  const gone: string[] = [];
  const wait = (name: string): Promise<void> => waiters.wait().then(() => void gone.push(name));
  const first = [wait('one'), wait('two')];
  waiters.wake();
  await Promise.all(first);
  const later = wait('three');
  expect(gone).toEqual(['one', 'two']);
  waiters.wake();
  await later;
  expect(gone).toEqual(['one', 'two', 'three']);
});

test('whoever loses patience waits no longer, without an error', async () => {
  const waiters = createIdleWaiters();
  const controller = new AbortController();
  const waiting = waiters.wait(controller.signal);
  controller.abort(new Error('in a hurry'));
  await expect(waiting).resolves.toBeUndefined();
  await expect(waiters.wait(controller.signal)).resolves.toBeUndefined();
});
