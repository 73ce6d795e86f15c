// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';

/** What a child that starts is watched by. */
export interface Readiness<T> {
  /** Resolves when the child is ready; rejects when it never will be. Its signal aborts as soon as nobody waits any more. */
  readonly isReady: (signal: AbortSignal) => Promise<T>;
  /** Settles when the child has ended, with the reason to fail with. */
  readonly died: Promise<AiflowError>;
  readonly limitMs: number;
  /** The reason to fail with at the limit. */
  readonly tooLate: () => AiflowError;
}

/**
 * Waits until a child is ready. Rejects with the probe's error, the reason of its death, `tooLate` or the reason of
 * `signal`, whichever comes first, and does not wait for a probe that ignores its signal.
 */
export async function awaitReadiness<T>(
  clock: Clock,
  { isReady, died, limitMs, tooLate }: Readiness<T>,
  signal?: AbortSignal,
): Promise<T> {
  const stop = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
  });
  const onAbort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = clock.setTimer(limitMs, () => stop.abort(tooLate()));
  const failed = died.then(reason => Promise.reject(reason));
  try {
    return await Promise.race([isReady(stop.signal), aborted, failed]);
  } finally {
    failed.catch(() => undefined); // a later death is somebody else's matter
    aborted.catch(() => undefined);
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
    stop.abort(new AiflowError('cancelled', 'the readiness probe is needed no more'));
  }
}
