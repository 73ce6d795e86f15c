// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { pairRotatedRows } from './llama-gguf.ts';

test('rows that are rotated together stand side by side, head by head', () => {
  const rows = Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7]); // two heads of four rows, one column
  expect([...pairRotatedRows(rows, 2, 4)]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
});
