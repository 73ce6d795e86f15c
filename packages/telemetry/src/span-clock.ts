// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';

/** Calendar time with the resolution and the steadiness of the monotonic clock. */
export interface SpanClock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch, with fractions, of a moment that `nowMs` gave. */
  wallOf(nowMs: number): number;
}

const CHECK_EVERY_MS = 10_000;
const STEP_MS = 20;

/**
 * Calendar time is read once and carried on monotonically, so that the spans of a node keep their order and their
 * fractions; it is read anew only when the calendar was set by more than 20 ms.
 */
export function createSpanClock(clock: Clock): SpanClock {
  let checkedMs = clock.nowMs();
  let offsetMs = clock.wallMs() - checkedMs;
  const check = (nowMs: number): void => {
    checkedMs = nowMs;
    const seenMs = clock.wallMs() - clock.nowMs();
    if (Math.abs(seenMs - offsetMs) > STEP_MS) offsetMs = seenMs;
  };
  return {
    nowMs: () => clock.nowMs(),
    wallOf: nowMs => {
      if (nowMs - checkedMs > CHECK_EVERY_MS) check(nowMs);
      return nowMs + offsetMs;
    },
  };
}
