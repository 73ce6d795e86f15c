// SPDX-License-Identifier: Apache-2.0
export type { Change, DurableStore, ItemHandler, ReceivedItem } from './durable-store.ts';
export {
  type DurableStoreCollaborators,
  type DurableStoreOptions,
  openDurableStore,
  type RecordLimits,
} from './open-durable-store.ts';
export type { Destination, ItemEnd, NewItem, OutboxEntry, Priority } from './outbox-item.ts';
export type { OutboxStore } from './outbox-store.ts';
