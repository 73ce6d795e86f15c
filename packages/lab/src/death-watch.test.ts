// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { expect, test, vi } from 'vitest';
import { createDeathWatch } from './death-watch.ts';
import { describeExit, type ProcessExit } from './guardian.ts';

const describe = (exit: ProcessExit): AiflowError => new AiflowError('unavailable', `ended by ${describeExit(exit)}`);

test('an end that nobody asked for is told with how it came', async () => {
  const watch = createDeathWatch();
  watch.expectToLive({ exited: Promise.resolve({ code: undefined, signal: 'SIGKILL' }) }, describe);
  expect((await watch.died).message).toBe('ended by signal SIGKILL');
});

test('an end that was asked for is not told, and the next one that was not is', async () => {
  const watch = createDeathWatch();
  const told = vi.fn();
  void watch.died.then(told);
  const first = { exited: Promise.resolve({ code: 0, signal: undefined }) };
  watch.expectToLive(first, describe);
  watch.expectToEnd(first);
  await first.exited;
  expect(told).not.toHaveBeenCalled();
  watch.expectToLive({ exited: Promise.resolve({ code: 3, signal: undefined }) }, describe);
  expect((await watch.died).message).toBe('ended by exit code 3');
});
