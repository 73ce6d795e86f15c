// SPDX-License-Identifier: Apache-2.0
import type { Change, DurableStore } from './durable-store.ts';
import type { Numbered, Standing } from './received-streams.ts';
import type { StoredItem } from './stored-item.ts';

/** A node's store with what courier and inbox need of it beside. Made by `openDurableStore`. */
export interface OutboxStore extends DurableStore {
  readonly sending: SendingSide;
  readonly receiving: ReceivingSide;
}

/** The store as a courier sees it. Items past their time to live are not shown. */
export interface SendingSide {
  /** Urgent ones first, then the oldest. */
  waiting(): Iterable<StoredItem>;
  /** To how many different nodes and capabilities items go. */
  readonly targets: number;
  find(id: string): StoredItem | undefined;
  ageMs(item: StoredItem): number;
  /** In how many milliseconds the next item is past its time to live, at the earliest; undefined while none waits. */
  nextExpiryMs(): number | undefined;
  /** Whether an item that was never offered would get a number for this node now: its window may be full. */
  hasRoom(node: string, item: StoredItem): boolean;
  /** Gives an item its place at a node; resolves when that is safe, with nothing when it may not be offered there now. */
  assign(id: string, node: string): Promise<StoredItem | undefined>;
  /** Lowest number of the item's stream that is not settled. */
  floor(item: StoredItem): number;
  /** Whether the item got its place since the store was opened. */
  isFresh(item: StoredItem): boolean;
  /** Takes an item's place, and takes a new name for the numbers to come. */
  rename(id: string): Promise<void>;
  /** Ends items past their time to live. */
  sweep(): Promise<void>;
  /** Notes for people that an item was offered. Not kept over a restart. */
  noteAttempt(id: string, node: string): void;
  noteError(id: string, error: string): void;
  /** What was noted last. */
  lastError(id: string): string | undefined;
}

/** The store as an inbox sees it. */
export interface ReceivingSide {
  standing(numbered: Numbered): Standing;
  /**
   * Marks an item as received and makes its changes, both or neither. Rejects with `aborted` when it was received
   * meanwhile, `resource-exhausted` when there is no room.
   */
  receive(arrival: Arrival, changes: readonly Change[]): Promise<void>;
}

/** An item that is new. */
export interface Arrival {
  readonly numbered: Numbered;
  readonly floor: number;
  /** How long it may come again: the rest of its time to live. */
  readonly openForMs: number;
}
