import type { BufferPool } from './buffer-pool.ts';
/** Rows of floats, one a position, in one buffer that grows. A range of positions is one contiguous view. */
export interface RowStore {
  readonly length: number;
  /** Bytes of the buffer, used or not. */
  readonly bytes: number;
  /** Adds the rows that lie in `source` from element `start` on. */
  append(source: Float32Array, start: number, count: number): void;
  /** Puts rows at `position`, held or not; rows left out before it hold what their last use left. */
  write(
    position: number,
    source: Float32Array,
    where: {
      readonly start: number;
      readonly count: number;
    },
  ): void;
  /** Forgets all rows from `length` on; free of cost. */
  crop(length: number): void;
  /** Rows `from` to `to - 1` in place: valid until the next append or write. */
  view(from: number, to: number): Float32Array;
  /** Gives the buffer back; the store is empty afterwards. */
  release(): void;
}
/** Holds rows of `width` floats, `maxRows` at most. The buffer doubles when full. */
export declare function createRowStore(
  pool: BufferPool,
  {
    width,
    maxRows,
  }: {
    readonly width: number;
    readonly maxRows: number;
  },
): RowStore;
//# sourceMappingURL=row-store.d.ts.map
