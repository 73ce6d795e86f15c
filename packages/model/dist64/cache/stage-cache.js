// SPDX-License-Identifier: Apache-2.0
import { CHUNK_ROWS } from '../onnx/block-graph.js';
import { createHeadStore } from './head-store.js';
/** An empty cache for one session and one graph. */
export function createStageCache(pool, { blocks, hidden, heads, context }) {
  const shape = { heads, headSize: hidden / heads, chunkRows: CHUNK_ROWS, maxRows: context };
  const sides = Array.from({ length: 2 * blocks }, () => createHeadStore(pool, shape));
  let length = 0;
  let canonical = 0;
  return {
    get length() {
      return length;
    },
    get canonical() {
      return canonical;
    },
    get bytes() {
      return sides.reduce((sum, side) => sum + side.bytes, 0);
    },
    pastKeys: (block, rows) => sides[2 * block]?.chunks(rows) ?? new Float32Array(0),
    pastValues: (block, rows) => sides[2 * block + 1]?.chunks(rows) ?? new Float32Array(0),
    append: (rows, isCanonical) => {
      sides.forEach((side, index) => {
        side.write(length, rows.keysAndValues, { start: index * rows.count * hidden, count: rows.count });
      });
      if (isCanonical && canonical === length) canonical += rows.count;
      length += rows.count;
    },
    replace: (position, rows) => {
      sides.forEach((side, index) => {
        side.write(position, rows.keysAndValues, { start: index * hidden, count: 1 });
      });
    },
    copyTo: (target, at, { from, to }) => {
      sides.forEach((side, index) => {
        side.copyTo(target, at + index * (to - from) * hidden, { from, to });
      });
    },
    crop: kept => {
      length = Math.min(length, kept);
      canonical = Math.min(canonical, kept);
    },
    release: () => {
      for (const side of sides) side.release();
      length = 0;
      canonical = 0;
    },
  };
}
//# sourceMappingURL=stage-cache.js.map
