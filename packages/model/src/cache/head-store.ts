// SPDX-License-Identifier: Apache-2.0
//
// The keys or the values of one block for one session, in chunks as a graph reads them: [chunks, heads, chunkRows,
// headSize], so that one head's rows of a chunk are one run of memory. Rows come and go position by position.
import { AiflowError } from '@aiflow/protocol';
import type { BufferPool } from './buffer-pool.ts';

/** Sizes of a {@link HeadStore}. */
export interface HeadStoreShape {
  readonly heads: number;
  readonly headSize: number;
  /** Positions in a chunk. */
  readonly chunkRows: number;
  readonly maxRows: number;
}

/** Rows by position, kept head by head. */
export interface HeadStore {
  /** Bytes of the buffer, used or not. */
  readonly bytes: number;
  /** Puts `count` rows of `source`, which begin at element `start`, at `position` and on. */
  write(position: number, source: Float32Array, where: { readonly start: number; readonly count: number }): void;
  /**
   * The chunks that hold the first `rows` rows, in place: valid until the next write. What fills up the last chunk is
   * left from an earlier use. The same view comes back as long as it covers the same chunks of the same buffer, so that
   * what was made of it can be kept.
   */
  chunks(rows: number): Float32Array;
  /** Copies rows `from` to `to - 1` into `target` from element `at` on. */
  copyTo(target: Float32Array, at: number, range: { readonly from: number; readonly to: number }): void;
  /** Gives the buffer back. */
  release(): void;
}

/** An empty store. The buffer doubles when full. */
export function createHeadStore(pool: BufferPool, shape: HeadStoreShape): HeadStore {
  const { heads, headSize, chunkRows, maxRows } = shape;
  const width = heads * headSize;
  const chunkSize = chunkRows * width;
  const mostChunks = Math.ceil(maxRows / chunkRows);
  let buffer: Float32Array = new Float32Array(0);
  let view: Float32Array = buffer;

  const reserve = (rows: number): void => {
    if (rows > maxRows) {
      throw new AiflowError('out-of-range', `${rows} positions exceed the family's context of ${maxRows}`);
    }
    const needed = Math.ceil(rows / chunkRows);
    const held = buffer.length / chunkSize;
    if (needed <= held) return;
    const grown = pool.take(Math.min(mostChunks, Math.max(needed, 2 * held)) * chunkSize);
    grown.set(buffer);
    pool.give(buffer);
    buffer = grown;
  };
  /** Where the first head's part of a row lies; the next head's lies `chunkRows * headSize` further. */
  const placeOf = (row: number): number => Math.floor(row / chunkRows) * chunkSize + (row % chunkRows) * headSize;
  return {
    get bytes() {
      return buffer.byteLength;
    },
    write: (position, source, { start, count }) => {
      reserve(position + count);
      for (let row = 0; row < count; row++) {
        scatter(source, start + row * width, { target: buffer, at: placeOf(position + row), shape });
      }
    },
    chunks: rows => {
      const size = Math.ceil(rows / chunkRows) * chunkSize;
      if (view.length !== size || view.buffer !== buffer.buffer) view = buffer.subarray(0, size);
      return view;
    },
    copyTo: (target, at, { from, to }) => {
      for (let row = from; row < to; row++) {
        for (let head = 0; head < heads; head++) {
          const begin = placeOf(row) + head * chunkRows * headSize;
          target.set(buffer.subarray(begin, begin + headSize), at + (row - from) * width + head * headSize);
        }
      }
    },
    release: () => {
      pool.give(buffer);
      buffer = new Float32Array(0);
      view = buffer;
    },
  };
}

/** Plain loops: views on pieces this small cost more than the copying. */
function scatter(
  source: Float32Array,
  start: number,
  { target, at, shape }: { readonly target: Float32Array; readonly at: number; readonly shape: HeadStoreShape },
): void {
  const { heads, headSize, chunkRows } = shape;
  const stride = chunkRows * headSize;
  for (let head = 0; head < heads; head++) {
    const from = start + head * headSize;
    const to = at + head * stride;
    for (let index = 0; index < headSize; index++) target[to + index] = source[from + index] ?? 0;
  }
}
