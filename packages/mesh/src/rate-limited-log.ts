// SPDX-License-Identifier: Apache-2.0
import type { LogFields, Logger } from '@aiflow/actor';
import type { Clock } from '@aiflow/time';

/** Warns of one kind of event at most once an interval; what was held back is counted in the next line. */
export interface RateLimitedLog {
  warn(kind: string, message: string, fields?: LogFields): void;
}

/** `intervalMs` defaults to 10 000. `kind` must come from a closed set: one slot is kept for each. */
export function createRateLimitedLog(logger: Logger, clock: Clock, intervalMs = 10_000): RateLimitedLog {
  const slots = new Map<string, { nextMs: number; suppressed: number }>();
  return {
    warn: (kind, message, fields) => {
      const nowMs = clock.nowMs();
      const slot = slots.get(kind) ?? { nextMs: nowMs, suppressed: 0 };
      slots.set(kind, slot);
      if (nowMs < slot.nextMs) {
        slot.suppressed++;
        return;
      }
      logger.warn(message, { ...fields, kind, suppressed: slot.suppressed });
      slot.nextMs = nowMs + intervalMs;
      slot.suppressed = 0;
    },
  };
}
