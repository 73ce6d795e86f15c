// SPDX-License-Identifier: Apache-2.0

/** Holds at most one value: a reader that is slow sees the newest and misses those in between, never the last. */
export interface NewestValue<T> extends AsyncIterable<T> {
  put(value: T): void;
  /** Ends the iteration after the value that is still held. */
  close(): void;
}

/** An empty one, for one reader. */
export function createNewestValue<T>(): NewestValue<T> {
  let held: { readonly value: T } | undefined;
  let isClosed = false;
  let wake = (): void => undefined;
  return {
    put: value => {
      held = { value };
      wake();
    },
    close: () => {
      isClosed = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        if (held !== undefined) {
          const { value } = held;
          held = undefined;
          yield value;
        } else if (isClosed) {
          return;
        } else {
          await new Promise<void>(resolve => {
            wake = resolve;
          });
        }
      }
    },
  };
}
