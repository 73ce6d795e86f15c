// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { createSerialChanges } from './serial-changes.ts';

test('a change begins when the one before it has ended', async () => {
  const inOrder = createSerialChanges();
  const steps: string[] = [];
  const change = (name: string) => async (): Promise<void> => {
    steps.push(`${name} begins`);
    await new Promise(resolve => setImmediate(resolve));
    steps.push(`${name} ends`);
  };
  await Promise.all([inOrder(change('kill')), inOrder(change('restart'))]);
  expect(steps).toEqual(['kill begins', 'kill ends', 'restart begins', 'restart ends']);
});

test('a change that fails tells its caller, and the next one runs', async () => {
  const inOrder = createSerialChanges();
  const failing = inOrder(() => Promise.reject(new Error('no such port')));
  const next = inOrder(async () => undefined);
  await expect(failing).rejects.toThrow('no such port');
  await expect(next).resolves.toBeUndefined();
});
