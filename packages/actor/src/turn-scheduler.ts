// SPDX-License-Identifier: Apache-2.0

/** Runs work soon: after the current call stack, before or after the event loop's next turn. */
export interface TurnScheduler {
  schedule(work: () => void): void;
}

/** Resolves in the event loop's next turn: for loops that might otherwise never let it turn. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/**
 * Microtasks are fast but starve the event loop: two actors that answer each other at once would stop timers and
 * sockets for as long as they talk. So every `burst`-th piece of work (default 128) waits for the loop's next turn.
 */
export function createTurnScheduler(burst = 128): TurnScheduler {
  let taken = 0;
  const settled = Promise.resolve(); // queueMicrotask would make a resource for async hooks each time
  return {
    schedule: work => {
      taken += 1;
      if (taken < burst) {
        void settled.then(work);
        return;
      }
      taken = 0;
      setImmediate(work);
    },
  };
}
