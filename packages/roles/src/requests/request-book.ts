// SPDX-License-Identifier: Apache-2.0
//
// The requests of a node, by id: a fold of one table of its store. The store is the truth; what is kept here beside it
// only orders changes.
//
// B1  Changes of one request are made one after the other, each from what the one before it left (`change`).
// B2  A revision that came from another node is decided before it is committed, by whoever receives it. Until that commit
//     is seen, or CLAIM_MS have passed, the request belongs to the item that brought it: nothing else changes it.
// B3  Settled requests are forgotten when there are too many or they are too old; others never.
import type { Change, DurableStore } from '@aiflow/outbox';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { AskRequest } from '../ask-request.ts';
import { acceptRequest, decodeRecord, encodeRecord, isSettled, type RequestRecord } from './request-record.ts';

/** The table of the store. */
export const REQUEST_TABLE = 'request';

/** What a book works with; both stay the caller's. */
export interface RequestBookCollaborators {
  readonly store: DurableStore;
  readonly clock: Clock;
}

/** How much a book remembers. */
export interface RequestBookLimits {
  /** Default 1 024. */
  readonly maxRequests?: number;
  /** Of settled ones, since they last changed. Default one day. */
  readonly maxAgeMs?: number;
}

/** A changed record, and what else is to change with it. */
export interface RequestChange {
  readonly record: RequestRecord;
  readonly more?: readonly Change[];
}

/** Requests with an id, on this node's disk. */
export interface RequestBook {
  readonly store: DurableStore;
  get(id: string): RequestRecord | undefined;
  /** The newest first. */
  list(): readonly RequestRecord[];
  /**
   * Notes a new request; resolves when it is safe. Rejects with `resource-exhausted` when too many are under way or the
   * disk is full, `already-exists` when the id is taken.
   */
  accept(
    id: string,
    request: AskRequest,
    facts: Omit<Parameters<typeof acceptRequest>[2], 'acceptedMs' | 'dueMs'> & { readonly deadlineMs: number },
  ): Promise<RequestRecord>;
  /** Makes a change that `decide` names; resolves with the record as it is then. Where it is undefined nothing changes. */
  change(id: string, decide: (record: RequestRecord) => RequestChange | undefined): Promise<RequestRecord | undefined>;
  /**
   * Decides what item `item` changes (B2): the change is for the caller to commit. Rejects with `unavailable` while
   * another item has the request.
   */
  claim(id: string, item: string, decide: (record: RequestRecord) => RequestRecord): Promise<readonly Change[]>;
  /** Calls `listener` when the record of `id` has changed, until the returned function is called. */
  onChange(id: string, listener: () => void): () => void;
}

const CLAIM_MS = 10_000;
const DEFAULT_MAX_REQUESTS = 1024;
const DEFAULT_MAX_AGE_MS = 86_400_000;

/** Reads the requests of a store. */
export function createRequestBook(
  collaborators: RequestBookCollaborators,
  limits: RequestBookLimits = {},
): RequestBook {
  return new StoredRequests(collaborators, limits);
}

/** The record as a change of the store. */
function setRecord(record: RequestRecord): Change {
  return { kind: 'set', table: REQUEST_TABLE, key: record.id, value: encodeRecord(record) };
}

interface Claim {
  readonly item: string;
  readonly atMs: number;
  readonly before: Uint8Array | undefined;
}

class StoredRequests implements RequestBook {
  readonly store: DurableStore;
  readonly #clock: Clock;
  readonly #limits: RequestBookLimits;
  readonly #read = new WeakMap<Uint8Array, RequestRecord>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #claims = new Map<string, Claim>();
  readonly #listeners = new Map<string, Map<() => void, Uint8Array | undefined>>();

  constructor({ store, clock }: RequestBookCollaborators, limits: RequestBookLimits) {
    this.store = store;
    this.#clock = clock;
    this.#limits = limits;
    store.onCommit(() => this.#tell());
  }

  get(id: string): RequestRecord | undefined {
    return this.#decode(this.#bytes(id));
  }

  list(): readonly RequestRecord[] {
    const records = [...this.store.records(REQUEST_TABLE).values()].flatMap(bytes => this.#decode(bytes) ?? []);
    return records.sort((one, other) => other.acceptedMs - one.acceptedMs);
  }

  accept: RequestBook['accept'] = (id, request, { deadlineMs, ...facts }) => {
    return this.#inTurn(id, async () => {
      if (this.get(id) !== undefined) throw new AiflowError('already-exists', `request ${id} was accepted before`);
      const acceptedMs = this.#clock.wallMs();
      const record = acceptRequest(id, request, { ...facts, acceptedMs, dueMs: acceptedMs + deadlineMs });
      await this.store.commit([...this.#forget(acceptedMs), setRecord(record)]);
      return record;
    });
  };

  change: RequestBook['change'] = (id, decide) => {
    return this.#inTurn(id, async () => {
      const record = this.get(id);
      if (record === undefined || this.#claimOf(id) !== undefined) return record;
      const change = decide(record);
      if (change === undefined || change.record === record) return record;
      await this.store.commit([setRecord(change.record), ...(change.more ?? [])]);
      return change.record;
    });
  };

  claim: RequestBook['claim'] = (id, item, decide) => {
    return this.#inTurn(id, async () => {
      const held = this.#claimOf(id);
      if (held !== undefined && held.item !== item) {
        throw new AiflowError('unavailable', `request ${id} is being changed by item ${held.item}: offer it again`);
      }
      const record = this.get(id);
      const changed = record === undefined ? undefined : decide(record);
      if (changed === undefined || changed === record) return [];
      this.#claims.set(id, { item, atMs: this.#clock.nowMs(), before: this.#bytes(id) });
      return [setRecord(changed)];
    });
  };

  onChange(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Map<() => void, Uint8Array | undefined>();
    this.#listeners.set(id, listeners);
    listeners.set(listener, this.#bytes(id));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  #bytes(id: string): Uint8Array | undefined {
    return this.store.records(REQUEST_TABLE).get(id);
  }

  #decode(bytes: Uint8Array | undefined): RequestRecord | undefined {
    if (bytes === undefined) return undefined;
    const known = this.#read.get(bytes) ?? decodeRecord(bytes);
    if (known !== undefined) this.#read.set(bytes, known);
    return known;
  }

  /** B2. */
  #claimOf(id: string): Claim | undefined {
    const claim = this.#claims.get(id);
    if (claim === undefined) return undefined;
    const isOver = this.#bytes(id) !== claim.before || this.#clock.nowMs() - claim.atMs >= CLAIM_MS;
    if (!isOver) return claim;
    this.#claims.delete(id);
    return undefined;
  }

  /** B1. */
  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id) ?? Promise.resolve();
    const turn = before.then(work, work);
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(id, over);
    void over.then(() => {
      if (this.#turns.get(id) === over) this.#turns.delete(id);
    });
    return turn;
  }

  /** B3. Deletions that go with a new request. */
  #forget(nowMs: number): readonly Change[] {
    const { maxRequests = DEFAULT_MAX_REQUESTS, maxAgeMs = DEFAULT_MAX_AGE_MS } = this.#limits;
    const all = this.list();
    const settled = all.filter(isSettled).sort((one, other) => one.changedMs - other.changedMs);
    const surplus = Math.max(0, all.length + 1 - maxRequests);
    if (surplus > settled.length) {
      throw new AiflowError(
        'resource-exhausted',
        `${all.length} requests with an id are under way or await a revision, at most ${maxRequests} are noted: wait for some to end, or ask without an id`,
      );
    }
    const old = settled.filter(({ changedMs }, at) => at < surplus || nowMs - changedMs > maxAgeMs);
    return old.map(({ id }) => ({ kind: 'delete', table: REQUEST_TABLE, key: id }));
  }

  #tell(): void {
    for (const [id, listeners] of this.#listeners) {
      const bytes = this.#bytes(id);
      for (const [listener, seen] of listeners) {
        if (seen === bytes) continue;
        listeners.set(listener, bytes);
        listener();
      }
    }
    for (const id of this.#claims.keys()) this.#claimOf(id);
  }
}
