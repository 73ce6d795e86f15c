// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** Bounds how much is worked on at once; who comes first is served first. */
export interface WorkSlots {
  /** Resolves with a function that gives the place back. Rejects when `signal` aborts before there is one. */
  enter(signal: AbortSignal): Promise<() => void>;
}

/** As many places as `count`. */
export function createWorkSlots(count: number): WorkSlots {
  const waiting = new Set<() => void>();
  let free = count;
  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  };
  const place = (): (() => void) => {
    let isHeld = true;
    return () => {
      if (isHeld) leave();
      isHeld = false;
    };
  };
  return {
    enter: signal => {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return Promise.resolve(place());
      }
      return new Promise((resolve, reject) => {
        const begin = (): void => {
          waiting.delete(begin);
          signal.removeEventListener('abort', give);
          resolve(place());
        };
        const give = (): void => {
          waiting.delete(begin);
          reject(AiflowError.from(signal.reason, 'cancelled'));
        };
        waiting.add(begin);
        signal.addEventListener('abort', give, { once: true });
      });
    },
  };
}
