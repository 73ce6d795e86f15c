// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';

/** How long something may take, and its name in the error. */
export interface TimeLimit {
  readonly clock: Clock;
  readonly limitMs: number;
  /** Such as `verdict of cloud-1 exit 11`. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` with a signal that aborts when `limitMs` has passed or `signal` aborts. Rejects at that moment too,
 * whether or not `work` heeds its signal: with `deadline-exceeded`, or with the signal's reason.
 */
export function withTimeLimit<T>(limit: TimeLimit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, limitMs, what, signal } = limit;
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (reason: unknown): void => {
      release();
      controller.abort(reason);
      reject(reason);
    };
    const onAbort = (): void => stop(signal.reason);
    const timer = clock.setTimer(limitMs, () => {
      const remedy = "look at that node's load and link, or raise the timeout";
      stop(new AiflowError('deadline-exceeded', `${what} took longer than ${Math.round(limitMs)} ms: ${remedy}`));
    });
    const release = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    work(controller.signal).then(resolve, reject).finally(release);
  });
}
