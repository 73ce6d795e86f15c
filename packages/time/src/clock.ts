// SPDX-License-Identifier: Apache-2.0

/** A timer that was set. Cancelling one that fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time as the code sees it. Whatever waits or measures takes one, so that a test can own time. */
export interface Clock {
  /** Monotonic milliseconds with fractions; comparable only within one process. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch; may jump. For stamps that people read, never for measuring. */
  wallMs(): number;
  /** Calls `fire` once after `delayMs`. A timer alone does not keep the process alive. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

/**
 * Resolves after `delayMs`. Rejects with the signal's reason at once when `signal` is aborted, before or during the wait.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
