// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { BufferPool } from './buffer-pool.ts';

/** Rows of floats, one a position, in one buffer that grows. A range of positions is one contiguous view. */
export interface RowStore {
  readonly length: number;
  /** Bytes of the buffer, used or not. */
  readonly bytes: number;
  /** Adds the rows that lie in `source` from element `start` on. */
  append(source: Float32Array, start: number, count: number): void;
  /** Puts rows at `position`, held or not; rows left out before it hold what their last use left. */
  write(position: number, source: Float32Array, where: { readonly start: number; readonly count: number }): void;
  /** Forgets all rows from `length` on; free of cost. */
  crop(length: number): void;
  /** Rows `from` to `to - 1` in place: valid until the next append or write. */
  view(from: number, to: number): Float32Array;
  /** Gives the buffer back; the store is empty afterwards. */
  release(): void;
}

const FIRST_ROWS = 64;

/** Holds rows of `width` floats, `maxRows` at most. The buffer doubles when full. */
export function createRowStore(
  pool: BufferPool,
  { width, maxRows }: { readonly width: number; readonly maxRows: number },
): RowStore {
  let buffer: Float32Array = new Float32Array(0);
  let length = 0;

  const reserve = (rows: number): void => {
    if (rows * width <= buffer.length) return;
    if (rows > maxRows) {
      throw new AiflowError('out-of-range', `${rows} positions exceed the family's context of ${maxRows}`);
    }
    const capacity = Math.min(maxRows, Math.max(FIRST_ROWS, rows, (2 * buffer.length) / width));
    const grown = pool.take(capacity * width);
    grown.set(buffer.subarray(0, length * width));
    pool.give(buffer);
    buffer = grown;
  };
  const write: RowStore['write'] = (position, source, { start, count }) => {
    reserve(position + count);
    const size = count * width;
    const isWhole = start === 0 && size === source.length;
    buffer.set(isWhole ? source : source.subarray(start, start + size), position * width);
    length = Math.max(length, position + count);
  };
  return {
    get length() {
      return length;
    },
    get bytes() {
      return buffer.byteLength;
    },
    append: (source, start, count) => write(length, source, { start, count }),
    write,
    crop: kept => {
      length = Math.min(length, kept);
    },
    view: (from, to) => buffer.subarray(from * width, to * width),
    release: () => {
      pool.give(buffer);
      buffer = new Float32Array(0);
      length = 0;
    },
  };
}
