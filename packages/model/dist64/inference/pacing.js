// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';

const SHORTEST_SLEEP_MS = 1;
/** Starts measuring. */
export function createPacing({ clock, processorMs, slowdown, signal }) {
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
export function processorTimeMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
/** Turns an aborted signal into the error its reason means. */
export function throwIfGivenUp(signal) {
  if (signal?.aborted) throw AiflowError.from(signal.reason, 'cancelled');
}
//# sourceMappingURL=pacing.js.map
