import type { BufferPool } from './buffer-pool.ts';
/** Positions from `from` to `to - 1`. */
export interface RowSpan {
  readonly from: number;
  readonly to: number;
}
/** Hidden states by position. */
export interface FeatureLog {
  /** First row held; equal to `length` in an empty log. */
  readonly first: number;
  /** One past the last row held. */
  readonly length: number;
  /** Rows from `first` up to this are canonical (L3); received rows count as they are. */
  readonly canonical: number;
  readonly bytes: number;
  view(from: number, to: number): Float32Array;
  isReceived(row: number): boolean;
  /** Adds computed rows, of which the first is held or the next; held ones stay as they are. */
  add(from: number, rows: Float32Array, isCanonical: boolean): void;
  /** Overwrites one computed row that is held. */
  replace(row: number, features: Float32Array): void;
  /** Takes rows from outside at `from`, which is `length` at most; rows beyond them are forgotten. */
  receive(from: number, rows: Float32Array): void;
  /** The next rows to add begin at `row`. Received rows are held again once the rows before them are. */
  rewind(row: number): void;
  /** As `rewind`, and rows before `row` are missing from now on. */
  restart(row: number): void;
  /** Forgets all rows from `length` on, received ones too. */
  crop(length: number): void;
  /** Gives the buffer back; the log is empty afterwards. */
  release(): void;
}
/** An empty log of rows of `hidden` floats. */
export declare function createFeatureLog(
  pool: BufferPool,
  {
    hidden,
    context,
  }: {
    readonly hidden: number;
    readonly context: number;
  },
): FeatureLog;
//# sourceMappingURL=feature-log.d.ts.map
