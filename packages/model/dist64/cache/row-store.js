// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

const FIRST_ROWS = 64;
/** Holds rows of `width` floats, `maxRows` at most. The buffer doubles when full. */
export function createRowStore(pool, { width, maxRows }) {
  let buffer = new Float32Array(0);
  let length = 0;
  const reserve = rows => {
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
  const write = (position, source, { start, count }) => {
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
//# sourceMappingURL=row-store.js.map
