// SPDX-License-Identifier: Apache-2.0

/** By their number on the wire. */
export const PRIORITIES = ['urgent', 'normal', 'background'] as const;

/** What matters first when a link comes back. */
export type Priority = (typeof PRIORITIES)[number];

/** Who is to have an item: a node by name, or whichever node offers a capability when the item is sent. */
export type Destination = { readonly node: string } | { readonly capability: string };

/** Something for another node, as it is put in. */
export interface NewItem {
  readonly to: Destination;
  /** What the receiver does with it: the name of one of its handlers. */
  readonly kind: string;
  readonly payload: Uint8Array;
  /** Default `normal`. */
  readonly priority?: Priority;
  /** Older than this it is dropped, here or there. Default one day. */
  readonly timeToLiveMs?: number;
  /** A newer item with the same key takes its place. */
  readonly supersedesKey?: string;
  /** Of the work that makes it, in W3C form. */
  readonly traceParent?: string;
}

/** By their number in the journal. */
export const ITEM_ENDS = ['delivered', 'expired', 'superseded', 'refused', 'evicted', 'dropped'] as const;

/** How an item ended. `refused`: the receiver will never take it. `evicted`: it made room for one that matters more. */
export type ItemEnd = (typeof ITEM_ENDS)[number];

/** An item that waits. */
export interface OutboxEntry extends Required<Omit<NewItem, 'supersedesKey' | 'traceParent'>> {
  readonly id: string;
  readonly supersedesKey?: string;
  readonly traceParent?: string;
  /** Since it was first put in, on this node and on those before it. */
  readonly ageMs: number;
  /** A holder lost its clock: the age is at least `ageMs`. */
  readonly ageUncertain: boolean;
  readonly attempts: number;
  /** The node that it was last offered to, and why that did not end it. */
  readonly lastNode?: string;
  readonly lastError?: string;
}
