// SPDX-License-Identifier: Apache-2.0
//
// What was seen of every store of an hour: which items went in and came out, and which records stood. It watches from
// outside the parts that are judged, over the ends of their processes.
//
// L1  What a commit that resolved left is on the disk for good: a restart finds it, and what was settled stays as it is.
// L2  Each item is taken in at most once by all nodes together.
// L3  Each node answers an epoch of a request at most once.
// L4  A commit that a process died in may be on its disk: what it ended was not lost.
import type { OutboxStore } from '@aiflow/outbox';
import { answerFinishedPayload } from '@aiflow/protocol';
import type { RequestBook, RequestRecord } from '@aiflow/roles';
import type { Clock } from '@aiflow/time';

/** A request as its records told of it. */
export interface SeenRecord {
  readonly record: RequestRecord;
  readonly acceptedMs: number;
  /** When a text was first on the disk. */
  readonly textMs?: number;
  /** When it began to await its revision. */
  readonly aloneMs?: number;
  readonly settledMs?: number;
}

/** What went wrong by the ledger. */
export interface LedgerFaults {
  readonly doubled: readonly string[];
  readonly lost: readonly string[];
}

interface SeenItem {
  readonly label: string;
  readonly supersedesKey: string | undefined;
  readonly from: string;
  taken: number;
  isDelivered: boolean;
  isSuperseded: boolean;
}

const SETTLED = ['answered', 'revised', 'failed'];

/** Watches the stores of one hour. */
export class HourLedger {
  readonly requests = new Map<string, SeenRecord>();
  readonly ended: Record<string, number> = {};
  maxItems = 0;
  maxStoreBytes = 0;
  readonly #clock: Clock;
  readonly #items = new Map<string, SeenItem>();
  readonly #finished = new Map<string, number>();
  /** Nodes that died in a commit. */
  readonly #unsure = new Set<string>();
  readonly #doubled: string[] = [];
  readonly #lost: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same store, seen by the ledger. */
  watch(node: string, store: OutboxStore): OutboxStore {
    this.#findAgain(node, store);
    const commit: OutboxStore['commit'] = async changes => {
      const ids = await this.#sure(node, store.commit(changes));
      const puts = changes.flatMap(change => (change.kind === 'put' ? [change.item] : []));
      puts.forEach((item, at) => {
        this.#notePut(node, ids[at] ?? '', item);
      });
      for (const change of changes) if (change.kind === 'end') this.#noteEnd(change.id, change.how);
      this.#noteBounds(store);
      return ids;
    };
    const receive: OutboxStore['receiving']['receive'] = async (arrival, changes) => {
      await this.#sure(node, store.receiving.receive(arrival, changes));
      this.#noteTaken(arrival.numbered.id);
      for (const change of changes) if (change.kind === 'end') this.#noteEnd(change.id, change.how);
      this.#noteBounds(store);
    };
    return overlay(store, { commit, receiving: overlay(store.receiving, { receive }) });
  }

  /** L1; called when a process has its store, and after each of its commits. */
  readRequests(book: RequestBook): void {
    const there = new Map(book.list().map(record => [record.id, record]));
    for (const [id, { record }] of this.requests) {
      if (!there.has(id)) this.#report(this.#lost, `${id} was ${record.state} and is forgotten`);
    }
    for (const record of there.values()) this.#noteRecord(record);
  }

  delivered(id: string): void {
    const item = this.#items.get(id);
    if (item !== undefined) item.isDelivered = true;
  }

  /** What is wrong when nothing more happens; `waiting` are the items that still wait. */
  faults(waiting: ReadonlySet<string>): LedgerFaults {
    const gone = [...this.#items].filter(
      ([id, item]) => item.taken === 0 && !item.isDelivered && !item.isSuperseded && !waiting.has(id),
    );
    return {
      doubled: this.#doubled,
      lost: [...this.#lost, ...gone.map(([id, { label }]) => `${label} (${id}) is gone`)],
    };
  }

  async #sure<T>(node: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#unsure.add(node);
      throw error;
    }
  }

  /** L4. */
  #findAgain(node: string, store: OutboxStore): void {
    if (!this.#unsure.delete(node)) return;
    const there = new Set(store.entries().map(({ id }) => id));
    for (const [id, item] of this.#items) if (item.from === node && !there.has(id)) item.isSuperseded = true;
  }

  #notePut(from: string, id: string, item: { kind: string; payload: Uint8Array; supersedesKey?: string }): void {
    const { kind, payload, supersedesKey } = item;
    for (const other of this.#items.values()) {
      if (supersedesKey !== undefined && other.from === from && other.supersedesKey === supersedesKey) {
        other.isSuperseded = true;
      }
    }
    const label = `${kind} ${supersedesKey ?? ''} of ${from}`;
    this.#items.set(id, { label, supersedesKey, from, taken: 0, isDelivered: false, isSuperseded: false });
    if (kind !== 'answer.finished') return;
    const { request, epoch } = answerFinishedPayload.decode(payload);
    const job = `${from} ${request} epoch ${epoch}`;
    const times = (this.#finished.get(job) ?? 0) + 1;
    this.#finished.set(job, times);
    if (times > 1) this.#report(this.#doubled, `${job} was answered ${times} times`); // L3
  }

  #noteEnd(id: string, how: string): void {
    const item = this.#items.get(id);
    this.ended[how] = (this.ended[how] ?? 0) + 1;
    if (item !== undefined && how === 'superseded') item.isSuperseded = true;
  }

  /** L2. */
  #noteTaken(id: string): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    item.taken += 1;
    if (item.taken > 1) this.#report(this.#doubled, `${item.label} (${id}) was taken in ${item.taken} times`);
  }

  #noteBounds(store: OutboxStore): void {
    this.maxItems = Math.max(this.maxItems, store.entries().length);
    this.maxStoreBytes = Math.max(this.maxStoreBytes, store.bytes);
  }

  #noteRecord(record: RequestRecord): void {
    const seen = this.requests.get(record.id);
    if (seen?.record === record) return;
    const nowMs = this.#clock.nowMs();
    const isSettled = SETTLED.includes(record.state);
    if (seen !== undefined && SETTLED.includes(seen.record.state)) {
      if (sameAnswer(seen.record, record)) return;
      this.#report(this.#doubled, `${record.id} was ${describe(seen.record)}, then ${describe(record)}`);
    }
    const hasText = record.revision !== undefined && record.revision.text !== '';
    this.requests.set(record.id, {
      acceptedMs: nowMs,
      ...(hasText ? { textMs: nowMs } : {}),
      ...(record.state === 'alone' ? { aloneMs: nowMs } : {}),
      ...(isSettled ? { settledMs: nowMs } : {}),
      ...seen,
      record,
    });
  }

  #report(list: string[], fault: string): void {
    if (!list.includes(fault)) list.push(fault);
  }
}

function sameAnswer(one: RequestRecord, other: RequestRecord): boolean {
  return one.state === other.state && one.changedMs === other.changedMs && one.revision?.text === other.revision?.text;
}

function describe({ state, revision }: RequestRecord): string {
  return `${state} in ${revision?.text.length ?? 0} characters`;
}

/** `whole` with some of its members replaced. */
export function overlay<T extends object>(whole: T, change: Partial<T>): T {
  return new Proxy(whole, {
    get: (target, name) => {
      if (name in change) return Reflect.get(change, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
