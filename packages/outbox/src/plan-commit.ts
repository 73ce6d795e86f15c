// SPDX-License-Identifier: Apache-2.0
//
// What a commit writes, as a function of what is there: changes become facts, and room is made by a policy.
//
// R1  Ends come first, then marks and records, then puts in order: what a commit frees it may use.
// R2  A newer item with the same supersedes-key takes the place of the older one, whatever their priorities.
// R3  When a bound is reached, items of lower priority than the newcomer give way: the lowest first, the oldest of them
//     first. Items of equal or higher priority never do.
// R4  Where R3 does not give enough room nothing gives way, and the commit is refused. Records never give way.
import { AiflowError } from '@aiflow/protocol';
import type { Change } from './durable-store.ts';
import { type NewItem, PRIORITIES } from './outbox-item.ts';
import { hashId, type Numbered } from './received-streams.ts';
import type { StoreEntry } from './store-entry.ts';
import type { StoreState } from './store-state.ts';
import { itemBytes, type StoredItem } from './stored-item.ts';

/** What changes in a store: what its owner may ask for, and what only courier and inbox do. */
export type StoreChange =
  | Change
  | { readonly kind: 'assign'; readonly id: string; readonly node: string }
  /** The item gets another number, and under another name where the source's name is not its own any more. */
  | { readonly kind: 'rename'; readonly id: string; readonly source: string }
  | { readonly kind: 'mark'; readonly numbered: Numbered; readonly floor: number; readonly openForMs: number };

/** What may be in a store. */
export interface StoreLimits {
  readonly maxBytes: number;
  readonly maxItems: number;
  readonly maxRecordBytes: number;
  readonly maxRecords: number;
  readonly maxSources: number;
}

/** What a plan is made with. */
export interface PlanContext {
  readonly nowMs: number;
  readonly limits: StoreLimits;
  readonly newId: () => string;
}

/** What a commit came to. */
export interface CommitPlan {
  readonly entries: readonly StoreEntry[];
  readonly ids: readonly string[];
}

const DAY_MS = 86_400_000;
const ORDER: readonly StoreChange['kind'][] = ['end', 'rename', 'assign', 'mark', 'set', 'delete', 'put'];
const RANKS: ReadonlyMap<StoreChange['kind'], number> = new Map(
  ORDER.map(kind => [kind, kind === 'delete' ? ORDER.indexOf('set') : ORDER.indexOf(kind)]),
);

/** Plans a commit and takes it into `state`. Where it throws, `state` holds a part of it and is of no more use. */
export function planCommit(state: StoreState, changes: readonly StoreChange[], context: PlanContext): CommitPlan {
  const entries: StoreEntry[] = [];
  const ids: string[] = [];
  const add = (entry: StoreEntry): void => {
    entries.push(entry);
    state.apply(entry);
  };
  const ordered = changes.toSorted((one, other) => (RANKS.get(one.kind) ?? 0) - (RANKS.get(other.kind) ?? 0)); // R1
  for (const change of ordered) {
    for (const entry of factsOf(state, change, context)) {
      add(entry);
      if (entry.kind === 'put') ids.push(entry.item.id);
    }
  }
  return { entries, ids };
}

/** The ends of all items past their time to live. */
export function planExpiry(state: StoreState, nowMs: number): readonly StoreEntry[] {
  return state.items.expired(nowMs).map(({ id }) => ({ kind: 'end', id, how: 'expired' }));
}

function factsOf(state: StoreState, change: StoreChange, context: PlanContext): readonly StoreEntry[] {
  switch (change.kind) {
    case 'end':
      return state.items.get(change.id) === undefined ? [] : [change];
    case 'assign':
      return assignFacts(state, change.id, change.node);
    case 'rename':
      return renameFacts(state, change.id, change.source);
    case 'mark':
      return markFacts(state, change, context);
    case 'set':
      checkRecord(state, change, context.limits);
      return [{ ...change, value: new Uint8Array(change.value) }];
    case 'delete':
      return state.records.table(change.table).has(change.key) ? [change] : [];
    case 'put':
      return putFacts(state, change.item, context);
  }
}

/** Nothing when the item is gone or has a place, or the window is full. */
function assignFacts(state: StoreState, id: string, node: string): readonly StoreEntry[] {
  const item = state.items.get(id);
  if (item === undefined || item.place !== undefined) return [];
  const priority = PRIORITIES.indexOf(item.priority);
  const sequence = state.sent.next(state.source, node, priority);
  return sequence === undefined
    ? []
    : [{ kind: 'assign', id, priority, place: { source: state.source, node, sequence } }];
}

function renameFacts(state: StoreState, id: string, source: string): readonly StoreEntry[] {
  const place = state.items.get(id)?.place;
  if (place === undefined) return [];
  const unassign: StoreEntry = { kind: 'unassign', id };
  return place.source === state.source ? [{ kind: 'source', source }, unassign] : [unassign];
}

function markFacts(
  state: StoreState,
  { numbered, floor, openForMs }: Extract<StoreChange, { readonly kind: 'mark' }>,
  { nowMs, limits }: PlanContext,
): readonly StoreEntry[] {
  const { source, priority, sequence, id } = numbered;
  const standing = state.received.standing(numbered);
  if (standing !== 'new') throw new AiflowError('aborted', `item ${id} was received meanwhile: it is ${standing}`);
  const mark: StoreEntry = {
    ...{ kind: 'received', source, priority, sequence },
    ...{ hash: hashId(id), openUntilMs: nowMs + openForMs },
  };
  const rises = floor > state.received.floor(source, priority);
  const raise: StoreEntry[] = rises ? [{ kind: 'floor', source, priority, floor }] : [];
  return [...makeRoomForSource(state, source, nowMs, limits), ...raise, mark];
}

function makeRoomForSource(
  state: StoreState,
  source: string,
  nowMs: number,
  { maxSources }: StoreLimits,
): readonly StoreEntry[] {
  if (state.received.has(source) || state.received.size < maxSources) return [];
  const oldest = state.received.forgettable(nowMs);
  if (oldest !== undefined) return [{ kind: 'forget', source: oldest }];
  throw new AiflowError(
    'resource-exhausted',
    `${state.received.size} senders are remembered, which is maxSources ${maxSources}, and items of all of them may come again: raise maxSources`,
    { retryAfterMs: 60_000 },
  );
}

/** R4 */
function checkRecord(
  state: StoreState,
  { table, key, value }: Extract<Change, { readonly kind: 'set' }>,
  { maxRecordBytes, maxRecords }: StoreLimits,
): void {
  const growth = state.records.growth(table, key, value);
  const [bytes, count] = [state.records.bytes + growth.bytes, state.records.count + growth.count];
  const bytesFit = bytes <= maxRecordBytes || growth.bytes <= 0;
  const countFits = count <= maxRecords || growth.count <= 0;
  if (bytesFit && countFits) return;
  throw new AiflowError(
    'resource-exhausted',
    `a record in table ${table} would make ${count} records of ${bytes} bytes, the limits are ${maxRecords} and ${maxRecordBytes}: delete old ones or raise recordLimits`,
  );
}

function putFacts(state: StoreState, item: NewItem, { nowMs, limits, newId }: PlanContext): readonly StoreEntry[] {
  const stored: StoredItem = {
    ...{ id: newId(), to: item.to, kind: item.kind, payload: new Uint8Array(item.payload) },
    ...{ priority: item.priority ?? 'normal', timeToLiveMs: item.timeToLiveMs ?? DAY_MS },
    ...(item.supersedesKey === undefined ? {} : { supersedesKey: item.supersedesKey }),
    ...(item.traceParent === undefined ? {} : { traceParent: item.traceParent }),
    ...{ bornMs: nowMs, ageUncertain: false },
  };
  const older = state.items.keyed(item.supersedesKey); // R2
  const superseded: StoreEntry[] = older === undefined ? [] : [{ kind: 'end', id: older.id, how: 'superseded' }];
  return [...superseded, ...makeRoom(state, stored, older, limits), { kind: 'put', item: stored }];
}

/** R3 */
function makeRoom(
  state: StoreState,
  newcomer: StoredItem,
  leaving: StoredItem | undefined,
  { maxBytes, maxItems }: StoreLimits,
): readonly StoreEntry[] {
  let bytes = state.items.bytes + itemBytes(newcomer) - (leaving === undefined ? 0 : itemBytes(leaving));
  let count = state.items.count + 1 - (leaving === undefined ? 0 : 1);
  const ends: StoreEntry[] = [];
  for (const item of state.items.below(newcomer.priority)) {
    if (bytes <= maxBytes && count <= maxItems) break;
    if (item.id === leaving?.id) continue;
    ends.push({ kind: 'end', id: item.id, how: 'evicted' });
    bytes -= itemBytes(item);
    count -= 1;
  }
  if (bytes <= maxBytes && count <= maxItems) return ends;
  throw new AiflowError(
    'resource-exhausted',
    `the outbox has ${state.items.count} items of ${state.items.bytes} bytes, and no room for ${newcomer.priority} item of ${itemBytes(newcomer)} bytes (limits ${maxItems} and ${maxBytes}): drop items, or raise the limits`,
  ); // R4
}
