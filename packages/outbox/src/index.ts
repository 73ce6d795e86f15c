// SPDX-License-Identifier: Apache-2.0
export {
  type Courier,
  type CourierCollaborators,
  type CourierOptions,
  createCourier,
  type LinkRate,
  type OfferLimits,
} from './courier.ts';
export type { DeliveredItem } from './delivered-item.ts';
export type { Change, DurableStore, ItemHandler, ReceivedItem } from './durable-store.ts';
export { createInboxActor, createInboxOffer, INBOX_ACTOR, type InboxOptions } from './inbox-actor.ts';
export type { InboxIntake } from './inbox-intake.ts';
export type { LaneLimits } from './node-lane.ts';
export {
  type DurableStoreCollaborators,
  type DurableStoreOptions,
  openDurableStore,
  type RecordLimits,
} from './open-durable-store.ts';
export {
  createOutboxActor,
  dropFromOutbox,
  listOutbox,
  OUTBOX_ACTOR,
  type OutboxActorOptions,
  type OutboxLine,
  type OutboxListing,
  type OutboxSelection,
  retryOutbox,
} from './outbox-actor.ts';
export type { Destination, ItemEnd, NewItem, OutboxEntry, Priority } from './outbox-item.ts';
export type { OutboxStore } from './outbox-store.ts';
