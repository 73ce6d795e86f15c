// SPDX-License-Identifier: Apache-2.0

/** Those who wait until nothing is at work any more. */
export interface IdleWaiters {
  /** Resolves with the next `wake`, or at once when `signal` aborts, before or meanwhile. Never rejects. */
  wait(signal?: AbortSignal): Promise<void>;
  /** Nothing is at work: lets all go who wait. */
  wake(): void;
}

/** Nobody waits yet. */
export function createIdleWaiters(): IdleWaiters {
  const waiting = new Set<() => void>();
  return {
    wait: signal => {
      if (signal?.aborted === true) return Promise.resolve();
      return new Promise(resolve => {
        const done = (): void => {
          signal?.removeEventListener('abort', done);
          waiting.delete(done);
          resolve();
        };
        waiting.add(done);
        signal?.addEventListener('abort', done, { once: true });
      });
    },
    wake: () => {
      for (const done of [...waiting]) done();
    },
  };
}
