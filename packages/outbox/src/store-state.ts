// SPDX-License-Identifier: Apache-2.0
//
// A store as the fold of its journal: nothing is in it that no entry said.
//
// K1  The state after a restart is that of the same entries; `entries()` gives fewer that say the same.
// K2  Within a priority items stand in the order they were put in. An item has an end once, and is gone with it.
// K3  Store time runs while the store is open, and over a restart as far as the wall clock can be believed. Where it
//     can't, all items that wait are older than their age says.
import { AgedItems } from './aged-items.ts';
import { PRIORITIES } from './outbox-item.ts';
import { ReceivedStreams } from './received-streams.ts';
import { SentStreams } from './sent-streams.ts';
import type { StoreEntry } from './store-entry.ts';
import { StoreRecords } from './store-records.ts';

/** Everything a store holds. */
export class StoreState {
  source = '';
  /** Of the newest entry that says a time. */
  storeMs = 0;
  wallMs: number | undefined;
  readonly items: AgedItems;
  readonly sent: SentStreams;
  readonly received: ReceivedStreams;
  readonly records: StoreRecords;

  constructor(
    items: AgedItems = new AgedItems(),
    sent: SentStreams = new SentStreams(),
    received: ReceivedStreams = new ReceivedStreams(),
    records: StoreRecords = new StoreRecords(),
  ) {
    this.items = items;
    this.sent = sent;
    this.received = received;
    this.records = records;
  }

  /** Takes in one fact. Total: a fact about what is not there changes no more than it can. */
  apply(entry: StoreEntry): void {
    (APPLIERS[entry.kind] as Applier<StoreEntry['kind']>)(this, entry);
  }

  /** Fewer entries that say the same (K1), but for the time. */
  *entries(): Iterable<StoreEntry> {
    if (this.source !== '') yield { kind: 'source', source: this.source };
    yield* this.sent.entries(this.source);
    yield* this.received.entries();
    yield* this.records.entries();
    for (const { place, ...item } of this.items.all()) {
      yield { kind: 'put', item };
    }
    for (const { id, priority, place } of this.items.placed()) {
      yield { kind: 'assign', id, priority: PRIORITIES.indexOf(priority), place };
    }
  }

  clone(): StoreState {
    const copy = new StoreState(this.items.clone(), this.sent.clone(), this.received.clone(), this.records.clone());
    copy.source = this.source;
    copy.storeMs = this.storeMs;
    copy.wallMs = this.wallMs;
    return copy;
  }
}

type Applier<K extends StoreEntry['kind']> = (
  state: StoreState,
  entry: Extract<StoreEntry, { readonly kind: K }>,
) => void;

const APPLIERS: { readonly [K in StoreEntry['kind']]: Applier<K> } = {
  time: applyTime,
  source: (state, { source }) => {
    state.source = source;
  },
  put: (state, { item }) => state.items.put(item),
  end: applyEnd,
  assign: applyAssign,
  unassign: (state, { id }) => unassign(state, id),
  stream: (state, { source, node, priority, next }) => state.sent.restore({ source, node, priority, next }),
  floor: (state, { source, priority, floor }) => state.received.raise(source, priority, floor),
  received: (state, entry) => state.received.mark(entry),
  forget: (state, { source }) => state.received.forget(source),
  set: (state, { table, key, value }) => state.records.set(table, key, value),
  delete: (state, { table, key }) => state.records.delete(table, key),
  known: (state, { hashes }) => state.received.restoreKnown(hashes),
};

/** K3 */
function applyTime(
  state: StoreState,
  { storeMs, wallMs, uncertain }: Extract<StoreEntry, { readonly kind: 'time' }>,
): void {
  state.storeMs = Math.max(state.storeMs, storeMs);
  state.wallMs = wallMs;
  if (uncertain) state.items.doubtAges();
}

/** K2 */
function applyEnd(state: StoreState, { id }: Extract<StoreEntry, { readonly kind: 'end' }>): void {
  const item = state.items.remove(id);
  if (item?.place !== undefined) state.sent.settle(item.place, PRIORITIES.indexOf(item.priority));
}

function applyAssign(
  state: StoreState,
  { id, priority, place }: Extract<StoreEntry, { readonly kind: 'assign' }>,
): void {
  unassign(state, id);
  state.sent.give(place, priority, state.items.place(id, place));
}

function unassign(state: StoreState, id: string): void {
  const item = state.items.get(id);
  if (item?.place === undefined) return;
  state.sent.settle(item.place, PRIORITIES.indexOf(item.priority));
  state.items.place(id, undefined);
}
