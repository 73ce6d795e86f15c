// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** Rows of floats, one a position, in one buffer that grows. A range of positions is one contiguous view. */
export interface RowStore {
  readonly length: number;
  /** Bytes of the buffer, used or not. */
  readonly bytes: number;
  append(rows: Float32Array): void;
  /** Replaces one row that is held. */
  replace(position: number, row: Float32Array): void;
  /** Forgets all rows from `length` on; free of cost. */
  crop(length: number): void;
  /** Rows `from` to `to - 1` in place: valid until the next append. */
  view(from: number, to: number): Float32Array;
}

const FIRST_ROWS = 64;

/** Holds rows of `width` floats, `maxRows` at most. The buffer doubles when full. */
export function createRowStore({ width, maxRows }: { readonly width: number; readonly maxRows: number }): RowStore {
  let buffer = new Float32Array(0);
  let length = 0;

  const reserve = (rows: number): void => {
    if (rows * width <= buffer.length) return;
    if (rows > maxRows) {
      throw new AiflowError('out-of-range', `${rows} positions exceed the family's context of ${maxRows}`);
    }
    const capacity = Math.min(maxRows, Math.max(FIRST_ROWS, rows, (2 * buffer.length) / width));
    const grown = new Float32Array(capacity * width);
    grown.set(buffer.subarray(0, length * width));
    buffer = grown;
  };
  return {
    get length() {
      return length;
    },
    get bytes() {
      return buffer.byteLength;
    },
    append: rows => {
      reserve(length + rows.length / width);
      buffer.set(rows, length * width);
      length += rows.length / width;
    },
    replace: (position, row) => buffer.set(row, position * width),
    crop: kept => {
      length = Math.min(length, kept);
    },
    view: (from, to) => buffer.subarray(from * width, to * width),
  };
}
