// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { createCleanUp } from './clean-up.ts';

test('frees the last taken first, goes on past a failure, and reports it', async () => {
  const freed: string[] = [];
  const cleanUp = createCleanUp();
  cleanUp.defer(async () => void freed.push('first'));
  cleanUp.defer(() => Promise.reject(new Error('stuck')));
  cleanUp.use({ [Symbol.asyncDispose]: async () => void freed.push('last') });
  await expect(cleanUp[Symbol.asyncDispose]()).rejects.toThrow('stuck');
  expect(freed).toEqual(['last', 'first']);
});
