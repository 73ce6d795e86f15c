// SPDX-License-Identifier: Apache-2.0
//
// One offer of one item, from its place to its end.
//
// D1  An item's place is safe on the disk before the item is offered, and its end only after a receipt.
// D2  A receipt that says the number is another item's (`reused`) gives the item another number, under another name of
//     this store: its disk was copied, or has forgotten. `below-floor` says the same of a number that was given out since
//     the store was opened; of an older one it says that the item was settled before.
import type { OutboxDelivery, OutboxReceipt } from '@aiflow/protocol';
import type { Offer } from './courier-schedule.ts';
import { type ItemEnd, PRIORITIES } from './outbox-item.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { StoredItem } from './stored-item.ts';

/** Asks a node to take an item. */
export type AskNode = (node: string, delivery: OutboxDelivery) => Promise<OutboxReceipt>;

/** What an offer came to: an end, another number for the item, or nothing to offer. */
export type DeliveryOutcome = ItemEnd | 'renamed' | 'gone';

const ENDS = { stored: 'delivered', duplicate: 'delivered', expired: 'expired', refused: 'refused' } as const;

/** Offers an item. Rejects with what `ask` rejects with, or with why the store could not keep the outcome. */
export async function deliverItem(store: OutboxStore, { item, node }: Offer, ask: AskNode): Promise<DeliveryOutcome> {
  const { sending } = store;
  const placed = item.place === undefined ? await sending.assign(item.id, node) : sending.find(item.id); // D1
  if (placed?.place === undefined) return 'gone';
  const delivery = deliveryOf(store, placed);
  if (delivery.ageMs >= delivery.timeToLiveMs) return 'gone';
  const isFresh = sending.isFresh(placed);
  sending.noteAttempt(placed.id, node);
  const receipt = await ask(node, delivery);
  const how = endOf(receipt, isFresh);
  if (how === undefined) {
    await sending.rename(placed.id); // D2
    return 'renamed';
  }
  await store.commit([{ kind: 'end', id: placed.id, how }]);
  return how;
}

/** D2: undefined when the item needs another number. */
function endOf({ outcome }: OutboxReceipt, isFresh: boolean): ItemEnd | undefined {
  if (outcome === 'reused') return undefined;
  if (outcome === 'below-floor') return isFresh ? undefined : 'delivered';
  return ENDS[outcome];
}

function deliveryOf({ sending }: OutboxStore, item: StoredItem): OutboxDelivery {
  const { id, kind, payload, priority, ageUncertain, timeToLiveMs, traceParent, place } = item;
  return {
    ...{ source: place?.source ?? '', sequence: place?.sequence ?? 0, floor: sending.floor(item) },
    ...{ id, kind, payload, timeToLiveMs, ageUncertain },
    priority: PRIORITIES.indexOf(priority),
    ageMs: Math.floor(sending.ageMs(item)),
    ...(traceParent === undefined ? {} : { traceParent }),
  };
}
