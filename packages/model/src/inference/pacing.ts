// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';

/** Measures one call, notices that its caller gave up, and stretches it where a slower machine is emulated. */
export interface Pacing {
  /** Called after each piece of computing. Throws `cancelled` or `deadline-exceeded` when the signal says so. */
  checkpoint(): Promise<void>;
  elapsedMs(): number;
}

/** What a call is measured with and how it is stretched. */
export interface PacingOptions {
  readonly clock: Clock;
  /** Processor time this process has used. Wall time would count what neighbours on the machine do. */
  readonly processorMs: () => number;
  /** With 3, a call takes three times its processor time; the rest is slept, not burnt. */
  readonly slowdown: number;
  readonly signal: AbortSignal | undefined;
}

const SHORTEST_SLEEP_MS = 1;

/** Starts measuring. */
export function createPacing({ clock, processorMs, slowdown, signal }: PacingOptions): Pacing {
  const beganMs = clock.nowMs();
  let usedMs = slowdown > 1 ? processorMs() : 0;
  let owedMs = 0;
  return {
    elapsedMs: () => clock.nowMs() - beganMs,
    checkpoint: async () => {
      throwIfGivenUp(signal);
      if (slowdown <= 1) return;
      const nowUsedMs = processorMs();
      owedMs += (nowUsedMs - usedMs) * (slowdown - 1);
      usedMs = nowUsedMs;
      if (owedMs < SHORTEST_SLEEP_MS) return;
      const sleepsFromMs = clock.nowMs();
      await sleep(clock, owedMs, signal).catch(() => throwIfGivenUp(signal));
      owedMs -= clock.nowMs() - sleepsFromMs;
    },
  };
}

/** Processor time of this process in all its threads, in milliseconds. */
export function processorTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Turns an aborted signal into the error its reason means. */
export function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw AiflowError.from(signal.reason, 'cancelled');
}
