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
  write(
    position: number,
    source: Float32Array,
    where: {
      readonly start: number;
      readonly count: number;
    },
  ): void;
  /**
   * The chunks that hold the first `rows` rows, in place: valid until the next write. What fills up the last chunk is
   * left from an earlier use.
   */
  chunks(rows: number): Float32Array;
  /** Copies rows `from` to `to - 1` into `target` from element `at` on. */
  copyTo(
    target: Float32Array,
    at: number,
    range: {
      readonly from: number;
      readonly to: number;
    },
  ): void;
  /** Gives the buffer back. */
  release(): void;
}
/** An empty store. The buffer doubles when full. */
export declare function createHeadStore(pool: BufferPool, shape: HeadStoreShape): HeadStore;
//# sourceMappingURL=head-store.d.ts.map
