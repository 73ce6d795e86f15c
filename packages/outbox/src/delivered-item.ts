// SPDX-License-Identifier: Apache-2.0
import type { Offer } from './courier-schedule.ts';
import type { OutboxStore } from './outbox-store.ts';

/** An item that reached its node. */
export interface DeliveredItem {
  readonly id: string;
  readonly kind: string;
  readonly node: string;
  /** Of the work that made it. */
  readonly traceParent?: string;
  /** Since it was put in, over restarts. */
  readonly waitedMs: number;
  /** Why an earlier offer since the store was opened failed. */
  readonly lastError?: string;
}

/** What is told of an offer that was taken; `lastError` is the one before it. */
export function describeDelivery(
  { sending }: Pick<OutboxStore, 'sending'>,
  { item, node }: Offer,
  lastError: string | undefined,
): DeliveredItem {
  const { id, kind, traceParent } = item;
  return {
    ...{ id, kind, node, waitedMs: sending.ageMs(item) },
    ...(traceParent === undefined ? {} : { traceParent }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
