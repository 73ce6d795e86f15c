// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';

/** Measures one call, notices that its caller gave up, and stretches it where a slower machine is emulated. */
export interface Pacing {
  /** Called after each piece of computing. Throws `cancelled` or `deadline-exceeded` when the signal says so. */
  checkpoint(): Promise<void>;
  elapsedMs(): number;
}

const SHORTEST_SLEEP_MS = 1;

/** Starts measuring. With `slowdown` 3, a call takes three times its computing time; the rest is slept, not burnt. */
export function createPacing(clock: Clock, slowdown: number, signal: AbortSignal | undefined): Pacing {
  const beganMs = clock.nowMs();
  let resumedMs = beganMs;
  let owedMs = 0;
  return {
    elapsedMs: () => clock.nowMs() - beganMs,
    checkpoint: async () => {
      throwIfGivenUp(signal);
      if (slowdown <= 1) return;
      owedMs += (clock.nowMs() - resumedMs) * (slowdown - 1);
      const sleepsFromMs = clock.nowMs();
      if (owedMs >= SHORTEST_SLEEP_MS) {
        await sleep(clock, owedMs, signal).catch(() => throwIfGivenUp(signal));
        owedMs -= clock.nowMs() - sleepsFromMs;
      }
      resumedMs = clock.nowMs();
    },
  };
}

/** Turns an aborted signal into the error its reason means. */
export function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw AiflowError.from(signal.reason, 'cancelled');
}
