// SPDX-License-Identifier: Apache-2.0
import { CHUNK_ROWS } from '../onnx/attention.ts';
import type { BufferPool } from './buffer-pool.ts';
import { createHeadStore } from './head-store.ts';

/** Sizes of what one graph keeps for one session. */
export interface StageCacheShape {
  readonly blocks: number;
  readonly hidden: number;
  readonly heads: number;
  readonly context: number;
}

/** Keys and values that one session has in one graph, per block, and how much of them is canonical. */
export interface StageCache {
  readonly length: number;
  readonly bytes: number;
  /** Rows below this are canonical (L3). Rows above may differ from those in their last bits. */
  readonly canonical: number;
  /** The chunks that hold the first `rows` rows, as graphs read them; in place, valid until rows are added. */
  pastKeys(block: number, rows: number): Float32Array;
  pastValues(block: number, rows: number): Float32Array;
  /** Adds rows as a graph returned them or another engine sent them. */
  append(rows: CacheRows, isCanonical: boolean): void;
  /** Overwrites the one row at `position`. */
  replace(position: number, rows: CacheRows): void;
  /** Copies rows `from` to `to - 1` into `target` from element `at` on, laid out as {@link CacheRows}. */
  copyTo(target: Float32Array, at: number, range: { readonly from: number; readonly to: number }): void;
  crop(length: number): void;
  /** Gives all buffers back; the cache is empty afterwards. */
  release(): void;
}

/** Rows of keys and values: [2 * blocks, count, hidden], keys then values of each block. */
export interface CacheRows {
  readonly count: number;
  readonly keysAndValues: Float32Array;
}

/** An empty cache for one session and one graph. */
export function createStageCache(pool: BufferPool, { blocks, hidden, heads, context }: StageCacheShape): StageCache {
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
