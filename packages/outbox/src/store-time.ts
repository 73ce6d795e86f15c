// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';

/** The longest a node may have been off for its wall clock to be believed about it. */
const BELIEVED_MS = 86_400_000;

/** What a store knows of time when it is opened: the newest of its entries that say one. */
export interface LastSeen {
  readonly storeMs: number;
  /** Undefined when there is none. */
  readonly wallMs: number | undefined;
}

/** Milliseconds that go on from one opening of a store to the next. */
export interface StoreTime {
  nowMs(): number;
  /** The time between the last entry and now is not known, so store time counts none of it. */
  readonly uncertain: boolean;
}

/**
 * Goes on from `lastSeen` by what the wall clock says went by since. A clock that went backwards, or by more than a day,
 * is not believed.
 */
export function continueStoreTime(clock: Clock, lastSeen: LastSeen): StoreTime {
  const openedMs = clock.nowMs();
  const offMs = lastSeen.wallMs === undefined ? 0 : clock.wallMs() - lastSeen.wallMs;
  const uncertain = !(offMs >= 0 && offMs <= BELIEVED_MS);
  const beganMs = lastSeen.storeMs + (uncertain ? 0 : offMs);
  return { nowMs: () => beganMs + (clock.nowMs() - openedMs), uncertain };
}
