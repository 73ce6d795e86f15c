// SPDX-License-Identifier: Apache-2.0
//
// The hidden states of one session before one layer. It does not matter to those who read it where a row came from:
// the stage below computed it here, or another engine sent it.
//
// F1  The rows held adjoin each other: `first` to `length - 1`. Rows before `first` are missing where keys and values
//     of the stage below arrived without the states they were made with.
// F2  A received row stays until it is cropped or received anew: what the stage below computes at its place is not
//     taken, since it went over the wire rounded and everything above has been computed from it as it arrived.
import type { BufferPool } from './buffer-pool.ts';
import { createRowStore } from './row-store.ts';

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
export function createFeatureLog(
  pool: BufferPool,
  { hidden, context }: { readonly hidden: number; readonly context: number },
): FeatureLog {
  return new BufferedFeatureLog(pool, { hidden, context });
}

class BufferedFeatureLog implements FeatureLog {
  first = 0;
  length = 0;
  canonical = 0;
  /** Ascending, apart from each other. */
  #received: RowSpan[] = [];
  readonly #hidden: number;
  readonly #store: ReturnType<typeof createRowStore>;

  constructor(pool: BufferPool, { hidden, context }: { readonly hidden: number; readonly context: number }) {
    this.#hidden = hidden;
    this.#store = createRowStore(pool, { width: hidden, maxRows: context });
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  view(from: number, to: number): Float32Array {
    return this.#store.view(from, to);
  }

  isReceived(row: number): boolean {
    return this.#received.some(span => span.from <= row && row < span.to);
  }

  add(from: number, rows: Float32Array, isCanonical: boolean): void {
    const end = from + rows.length / this.#hidden;
    for (let at = Math.max(from, this.length); at < end; at = this.length) {
      const to = Math.min(end, this.#received.find(span => span.from >= at)?.from ?? end);
      this.#store.write(at, rows, { start: (at - from) * this.#hidden, count: to - at });
      this.#hold(to, isCanonical);
    }
  }

  replace(row: number, features: Float32Array): void {
    this.#store.write(row, features, { start: 0, count: 1 });
  }

  receive(from: number, rows: Float32Array): void {
    this.crop(from);
    const count = rows.length / this.#hidden;
    this.#store.write(from, rows, { start: 0, count });
    const last = this.#received.at(-1);
    if (last?.to === from) this.#received.splice(-1, 1, { from: last.from, to: from + count });
    else this.#received.push({ from, to: from + count });
    this.#holdReceived();
  }

  rewind(row: number): void {
    this.first = Math.min(this.first, row);
    this.length = Math.min(this.length, row);
    this.canonical = Math.min(this.canonical, row);
    this.#holdReceived();
  }

  restart(row: number): void {
    this.first = row;
    this.length = row;
    this.canonical = row;
    this.#holdReceived();
  }

  crop(length: number): void {
    this.#received = this.#received
      .filter(span => span.from < length)
      .map(span => ({ from: span.from, to: Math.min(span.to, length) }));
    this.#store.crop(length);
    this.rewind(length);
  }

  release(): void {
    this.#store.release();
    this.#received = [];
    this.restart(0);
  }

  #hold(to: number, isCanonical: boolean): void {
    if (isCanonical && this.canonical === this.length) this.canonical = to;
    this.length = to;
    this.#holdReceived();
  }

  /** F2 */
  #holdReceived(): void {
    const next = this.#received.find(span => span.from <= this.length && this.length < span.to);
    if (next !== undefined) this.#hold(next.to, true);
  }
}
