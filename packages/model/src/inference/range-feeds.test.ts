// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { CHUNK_ROWS } from '../onnx/attention.ts';
import { chunksFor, maskOf } from './range-feeds.ts';

/** For each query, the columns it sees. */
function seen(range: { from: number; to: number; firstQuery: number }): number[][] {
  const width = chunksFor(range.from) * CHUNK_ROWS + range.to - range.from;
  const mask = maskOf(range);
  return Array.from({ length: range.to - range.firstQuery }, (_, query) =>
    Array.from({ length: width }, (_column, index) => index).filter(index => mask[query * width + index] === 0),
  );
}

const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, index) => from + index);

test('a query sees the past and the new rows up to itself, and nothing of what fills up the last chunk', () => {
  const from = CHUNK_ROWS + 3;
  const fresh = 2 * CHUNK_ROWS;
  expect(seen({ from, to: from + 3, firstQuery: from + 1 })).toEqual([
    [...upTo(from), fresh, fresh + 1],
    [...upTo(from), fresh, fresh + 1, fresh + 2],
  ]);
});

test('whole chunks need no filling, and an empty past is one chunk that nobody sees', () => {
  expect(seen({ from: CHUNK_ROWS, to: CHUNK_ROWS + 1, firstQuery: CHUNK_ROWS })).toEqual([upTo(CHUNK_ROWS + 1)]);
  expect(seen({ from: 0, to: 2, firstQuery: 0 })).toEqual([[CHUNK_ROWS], [CHUNK_ROWS, CHUNK_ROWS + 1]]);
});
