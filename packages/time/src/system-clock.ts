// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import type { Clock } from './clock.ts';

/** The machine's own time. `keepAlive` makes pending timers hold the process open; default false. */
export function createSystemClock(options: { readonly keepAlive?: boolean } = {}): Clock {
  return {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    setTimer: (delayMs, fire) => {
      const handle = setTimeout(fire, Math.max(0, delayMs));
      if (options.keepAlive !== true) handle.unref();
      return { cancel: () => clearTimeout(handle) };
    },
  };
}
