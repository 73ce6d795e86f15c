// SPDX-License-Identifier: Apache-2.0

/** Things to be freed, last first. Freeing goes on when one of them fails; the first failure is thrown at the end. */
export interface Teardown extends AsyncDisposable {
  /** Remembers how to free something; returns it. */
  use<T extends AsyncDisposable>(resource: T): T;
  defer(free: () => void | PromiseLike<void>): void;
}

/** Node 20 has no AsyncDisposableStack; this is the part of it that we need. */
export function createTeardown(): Teardown {
  const stack: (() => void | PromiseLike<void>)[] = [];
  const disposeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let free = stack.pop(); free !== undefined; free = stack.pop()) {
      try {
        await free();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  return {
    use: resource => {
      stack.push(() => resource[Symbol.asyncDispose]());
      return resource;
    },
    defer: free => void stack.push(free),
    [Symbol.asyncDispose]: disposeAll,
  };
}
