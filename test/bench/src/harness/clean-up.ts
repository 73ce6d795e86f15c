// SPDX-License-Identifier: Apache-2.0

/** What a case must free when it ends; the last taken goes first. */
export interface CleanUp extends AsyncDisposable {
  use<T extends AsyncDisposable>(resource: T): T;
  defer(free: () => Promise<void>): void;
}

/** As AsyncDisposableStack, which Node 20 lacks. One that fails to go does not keep the others; the first failure is thrown. */
export function createCleanUp(): CleanUp {
  const tasks: (() => Promise<void>)[] = [];
  return {
    use: resource => {
      tasks.push(async () => resource[Symbol.asyncDispose]());
      return resource;
    },
    defer: free => void tasks.push(free),
    [Symbol.asyncDispose]: async () => {
      const failures: unknown[] = [];
      for (const task of tasks.splice(0).reverse()) await task().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
  };
}
