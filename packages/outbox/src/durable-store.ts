// SPDX-License-Identifier: Apache-2.0
import type { ItemEnd, NewItem, OutboxEntry } from './outbox-item.ts';

/** One thing that changes in a node's store. */
export type Change =
  | { readonly kind: 'put'; readonly item: NewItem }
  | { readonly kind: 'end'; readonly id: string; readonly how: ItemEnd }
  /** A record is a value by table and key, for whatever a node must not forget. */
  | { readonly kind: 'set'; readonly table: string; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly table: string; readonly key: string };

/** What a node must not forget: items on their way, what it received, and records. One journal holds all three. */
export interface DurableStore extends AsyncDisposable {
  /** Names this store to those who receive from it. */
  readonly source: string;
  /**
   * Makes all changes or none; resolves when they are safe, with the ids of the items that were put in, in order. Rejects
   * with `resource-exhausted` when there is no room that the policy lets it take.
   */
  commit(changes: readonly Change[]): Promise<readonly string[]>;
  /** Items that wait: urgent ones first, then the oldest. */
  entries(): readonly OutboxEntry[];
  records(table: string): ReadonlyMap<string, Uint8Array>;
  /** Calls `listener` after each commit until the returned function is called. */
  onCommit(listener: () => void): () => void;
  readonly bytes: number;
  /** Items by how they ended, since the store was opened. */
  readonly ended: Readonly<Record<ItemEnd, number>>;
}

/** What a receiver does with an item of one kind. */
export interface ItemHandler {
  readonly kind: string;
  /**
   * Decides what an item changes. The changes and the mark that it was received are made at once, so they happen exactly
   * once however often it is offered; nothing else may come of it here. Throwing `invalid-argument`,
   * `failed-precondition`, `not-found` or `unimplemented` refuses the item for ever; any other error asks for it again.
   */
  receive(item: ReceivedItem): readonly Change[] | Promise<readonly Change[]>;
}

/** An item that came. */
export interface ReceivedItem {
  readonly id: string;
  readonly from: string;
  readonly kind: string;
  readonly payload: Uint8Array;
  readonly ageMs: number;
  readonly ageUncertain: boolean;
  readonly traceParent?: string;
}
