// SPDX-License-Identifier: Apache-2.0
//
// What a store's journal says, one fact an entry: a version byte, a kind byte, then the kind's values in order (varints,
// and texts and bytes behind their length). Facts stand on their own, so that a journal with a damaged stretch still
// gives a store: a fact about an item that is not there changes nothing but the numbers it names.
import { AiflowError } from '@aiflow/protocol';
import { createWireWriter, type WireWriter } from '@aiflow/protocol/wire';
import { ByteReader } from './byte-reader.ts';
import { type Destination, ITEM_ENDS, type ItemEnd, PRIORITIES } from './outbox-item.ts';
import type { StoredItem } from './stored-item.ts';

/** A place in the sequence that a receiver keeps for one source and priority. */
export interface Place {
  readonly source: string;
  readonly node: string;
  readonly sequence: number;
}

/** One fact. `priority` is a number here, 0 the most urgent. Times are in store time. */
export type StoreEntry =
  /** When the entries after it were written; `uncertain` when it is not known how much time went by before it. */
  | { readonly kind: 'time'; readonly storeMs: number; readonly wallMs: number; readonly uncertain: boolean }
  | { readonly kind: 'source'; readonly source: string }
  | { readonly kind: 'put'; readonly item: StoredItem }
  | { readonly kind: 'end'; readonly id: string; readonly how: ItemEnd }
  | { readonly kind: 'assign'; readonly id: string; readonly priority: number; readonly place: Place }
  | { readonly kind: 'unassign'; readonly id: string }
  | {
      readonly kind: 'stream';
      readonly source: string;
      readonly node: string;
      readonly priority: number;
      readonly next: number;
    }
  | { readonly kind: 'floor'; readonly source: string; readonly priority: number; readonly floor: number }
  | {
      readonly kind: 'received';
      readonly source: string;
      readonly priority: number;
      readonly sequence: number;
      readonly hash: number;
      readonly openUntilMs: number;
    }
  | { readonly kind: 'forget'; readonly source: string }
  | { readonly kind: 'set'; readonly table: string; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly table: string; readonly key: string }
  /** Items that were received, by six bytes of the hash of each one's id. */
  | { readonly kind: 'known'; readonly hashes: Uint8Array };

const VERSION = 1;

type Kind = StoreEntry['kind'];
type EntryOf<K extends Kind> = Extract<StoreEntry, { readonly kind: K }>;

/** How one kind of fact becomes bytes and back. */
interface Layout<K extends Kind> {
  readonly write: (writer: WireWriter, entry: EntryOf<K>) => void;
  readonly read: (reader: ByteReader) => Omit<EntryOf<K>, 'kind'>;
}

const LAYOUTS: { readonly [K in Kind]: Layout<K> } = {
  time: {
    write: (to, { storeMs, wallMs, uncertain }) =>
      void to.int64(whole(storeMs)).int64(whole(wallMs)).uint32(Number(uncertain)),
    read: from => ({ storeMs: from.whole(), wallMs: from.whole(), uncertain: from.whole() === 1 }),
  },
  source: {
    write: (to, { source }) => void to.string(source),
    read: from => ({ source: from.text() }),
  },
  put: { write: (to, { item }) => writeItem(to, item), read: from => ({ item: readItem(from) }) },
  end: {
    write: (to, { id, how }) => void to.string(id).uint32(ITEM_ENDS.indexOf(how)),
    read: from => ({ id: from.text(), how: ITEM_ENDS[from.whole()] ?? 'dropped' }),
  },
  assign: {
    write: (to, { id, priority, place }) =>
      void to.string(id).uint32(priority).string(place.source).string(place.node).int64(place.sequence),
    read: from => ({
      id: from.text(),
      priority: from.whole(),
      place: { source: from.text(), node: from.text(), sequence: from.whole() },
    }),
  },
  unassign: { write: (to, { id }) => void to.string(id), read: from => ({ id: from.text() }) },
  stream: {
    write: (to, { source, node, priority, next }) => void to.string(source).string(node).uint32(priority).int64(next),
    read: from => ({ source: from.text(), node: from.text(), priority: from.whole(), next: from.whole() }),
  },
  floor: {
    write: (to, { source, priority, floor }) => void to.string(source).uint32(priority).int64(floor),
    read: from => ({ source: from.text(), priority: from.whole(), floor: from.whole() }),
  },
  received: {
    write: (to, { source, priority, sequence, hash, openUntilMs }) =>
      void to.string(source).uint32(priority).int64(sequence).int64(hash).int64(whole(openUntilMs)),
    read: from => ({
      source: from.text(),
      priority: from.whole(),
      sequence: from.whole(),
      hash: from.whole(),
      openUntilMs: from.whole(),
    }),
  },
  forget: { write: (to, { source }) => void to.string(source), read: from => ({ source: from.text() }) },
  set: {
    write: (to, { table, key, value }) => void to.string(table).string(key).bytes(value),
    read: from => ({ table: from.text(), key: from.text(), value: from.bytes() }),
  },
  delete: {
    write: (to, { table, key }) => void to.string(table).string(key),
    read: from => ({ table: from.text(), key: from.text() }),
  },
  known: { write: (to, { hashes }) => void to.bytes(hashes), read: from => ({ hashes: from.bytes() }) },
};

/** By their number in the journal. */
const KINDS = Object.keys(LAYOUTS) as readonly Kind[];

/** The bytes of a fact. */
export function encodeEntry(entry: StoreEntry): Uint8Array {
  const writer = createWireWriter().uint32(VERSION).uint32(KINDS.indexOf(entry.kind));
  (LAYOUTS[entry.kind] as Layout<Kind>).write(writer, entry);
  return writer.finish();
}

/** The inverse. Throws `failed-precondition` for what a newer build wrote, `data-loss` for what no build did. */
export function decodeEntry(bytes: Uint8Array): StoreEntry {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  const kind = version === VERSION ? KINDS[reader.byte()] : undefined;
  if (kind !== undefined) return { kind, ...(LAYOUTS[kind] as Layout<Kind>).read(reader) } as StoreEntry;
  throw new AiflowError(
    'failed-precondition',
    `a store entry has version ${version} or a kind that this build, of version ${VERSION}, does not know: run the build that wrote it, or move the store's folder away`,
  );
}

function writeItem(to: WireWriter, item: StoredItem): void {
  to.string(item.id).string(item.kind).bytes(item.payload).uint32(PRIORITIES.indexOf(item.priority));
  to.int64(whole(item.timeToLiveMs)).int64(whole(item.bornMs)).uint32(Number(item.ageUncertain));
  to.uint32('node' in item.to ? 0 : 1).string('node' in item.to ? item.to.node : item.to.capability);
  to.string(item.supersedesKey ?? '').string(item.traceParent ?? '');
}

function readItem(from: ByteReader): StoredItem {
  const [id, kind, payload] = [from.text(), from.text(), from.bytes()];
  const priority = PRIORITIES[from.whole()] ?? 'background';
  const [timeToLiveMs, bornMs, ageUncertain] = [from.whole(), from.whole(), from.whole() === 1];
  const to: Destination = from.whole() === 0 ? { node: from.text() } : { capability: from.text() };
  const [supersedesKey, traceParent] = [from.text(), from.text()];
  return {
    ...{ id, kind, payload, priority, timeToLiveMs, bornMs, ageUncertain, to },
    ...(supersedesKey === '' ? {} : { supersedesKey }),
    ...(traceParent === '' ? {} : { traceParent }),
  };
}

/** Times have fractions and a clock may stand before 1970; varints have neither. */
function whole(value: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(value)));
}
