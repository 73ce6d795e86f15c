// SPDX-License-Identifier: Apache-2.0
//
// The keys or the values of one block for one session, in chunks as a graph reads them: [chunks, heads, chunkRows,
// headSize], so that one head's rows of a chunk are one run of memory. Rows come and go position by position.
import { AiflowError } from '@aiflow/protocol';
/** An empty store. The buffer doubles when full. */
export function createHeadStore(pool, shape) {
  const { heads, headSize, chunkRows, maxRows } = shape;
  const width = heads * headSize;
  const chunkSize = chunkRows * width;
  const mostChunks = Math.ceil(maxRows / chunkRows);
  let buffer = new Float32Array(0);
  const reserve = rows => {
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
  const placeOf = row => Math.floor(row / chunkRows) * chunkSize + (row % chunkRows) * headSize;
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
    chunks: rows => buffer.subarray(0, Math.ceil(rows / chunkRows) * chunkSize),
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
    },
  };
}
/** Plain loops: views on pieces this small cost more than the copying. */
function scatter(source, start, { target, at, shape }) {
  const { heads, headSize, chunkRows } = shape;
  const stride = chunkRows * headSize;
  for (let head = 0; head < heads; head++) {
    const from = start + head * headSize;
    const to = at + head * stride;
    for (let index = 0; index < headSize; index++) target[to + index] = source[from + index] ?? 0;
  }
}
//# sourceMappingURL=head-store.js.map
