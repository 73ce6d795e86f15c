// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { createDuplicateWindow } from './duplicate-window.ts';

test('recognises the last ids it admitted and forgets the oldest first', () => {
  const window = createDuplicateWindow(2);
  expect(['a', 'b', 'a', 'c', 'b', 'a'].map(id => window.admit(id))).toEqual([true, true, false, true, false, true]);
  expect(window.size).toBe(2);
});
