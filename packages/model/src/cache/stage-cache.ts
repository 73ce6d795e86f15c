// SPDX-License-Identifier: Apache-2.0
import type { BufferPool } from './buffer-pool.ts';
import { createRowStore, type RowStore } from './row-store.ts';

/** Sizes of what one graph keeps for one session. */
export interface StageCacheShape {
  readonly blocks: number;
  readonly hidden: number;
  readonly context: number;
  /** Keep the graph's hidden states: the feature log that deeper stages and late exits are filled from. */
  readonly keepsFeatures: boolean;
}

/** What one session has computed in one graph: keys and values per block, features, and how much of it is canonical. */
export interface StageCache {
  readonly length: number;
  readonly bytes: number;
  /**
   * Rows below this were computed exactly as a run at one exit alone would have: the prompt in aligned blocks, then
   * one token at a time. Rows above may differ from those in their last bits.
   */
  readonly canonical: number;
  pastKeys(block: number, rows: number): Float32Array;
  pastValues(block: number, rows: number): Float32Array;
  features(from: number, to: number): Float32Array;
  /** Adds rows as a graph returned them: keys then values of each block; `features` where they are kept. */
  append(rows: StageRows, isCanonical: boolean): void;
  /** Overwrites the one row at `position`. */
  replace(position: number, rows: StageRows): void;
  crop(length: number): void;
  /** Gives all buffers back; the cache is empty afterwards. */
  release(): void;
}

/** Rows as a graph returns them. */
export interface StageRows {
  readonly count: number;
  readonly keysAndValues: Float32Array;
  readonly features: Float32Array | undefined;
}

/** An empty cache for one session and one graph. */
export function createStageCache(
  pool: BufferPool,
  { blocks, hidden, context, keepsFeatures }: StageCacheShape,
): StageCache {
  const store = (): RowStore => createRowStore(pool, { width: hidden, maxRows: context });
  const sides = Array.from({ length: 2 * blocks }, store);
  const log = keepsFeatures ? store() : undefined;
  const stores = log === undefined ? sides : [...sides, log];
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
      return stores.reduce((sum, one) => sum + one.bytes, 0);
    },
    pastKeys: (block, rows) => viewOf(sides[2 * block], rows),
    pastValues: (block, rows) => viewOf(sides[2 * block + 1], rows),
    features: (from, to) => log?.view(from, to) ?? new Float32Array(0),
    append: (rows, isCanonical) => {
      const size = rows.count * hidden;
      sides.forEach((side, index) => {
        side.append(rows.keysAndValues, index * size, rows.count);
      });
      if (rows.features !== undefined) log?.append(rows.features, 0, rows.count);
      if (isCanonical && canonical === length) canonical += rows.count;
      length += rows.count;
    },
    replace: (position, rows) => {
      sides.forEach((side, index) => {
        side.replace(position, rows.keysAndValues, index * hidden);
      });
      if (rows.features !== undefined) log?.replace(position, rows.features, 0);
    },
    crop: kept => {
      for (const one of stores) one.crop(kept);
      length = Math.min(length, kept);
      canonical = Math.min(canonical, kept);
    },
    release: () => {
      for (const one of stores) one.release();
      length = 0;
      canonical = 0;
    },
  };
}

function viewOf(store: RowStore | undefined, rows: number): Float32Array {
  return store?.view(0, rows) ?? new Float32Array(0);
}
