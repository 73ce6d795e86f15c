// SPDX-License-Identifier: Apache-2.0
import type { NewItem } from './outbox-item.ts';
import type { Place } from './store-entry.ts';

/** An item as the store keeps it. */
export interface StoredItem extends Required<Omit<NewItem, 'supersedesKey' | 'traceParent'>> {
  readonly id: string;
  readonly supersedesKey?: string;
  readonly traceParent?: string;
  /** In store time. */
  readonly bornMs: number;
  /** It waited while the clock was lost. */
  readonly ageUncertain: boolean;
  /** Where it is offered, from the first time that it is. */
  readonly place?: Place;
}

const OVERHEAD_BYTES = 64;

/** What an item counts for against the store's bound: payload, texts, and something for its keeping. */
export function itemBytes(item: StoredItem): number {
  const { id, kind, payload, supersedesKey = '', traceParent = '' } = item;
  const texts = id.length + kind.length + supersedesKey.length + traceParent.length;
  return OVERHEAD_BYTES + payload.byteLength + texts;
}

/** Where an item is to go, as one text: what goes to one target waits for the same node. */
export function targetOf({ to, place }: StoredItem): string {
  if (place !== undefined) return place.node;
  return 'node' in to ? to.node : `capability ${to.capability}`;
}
