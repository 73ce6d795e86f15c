// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { expiryOf } from './aged-items.ts';
import { checkChange } from './check-change.ts';
import { CommitWriter, type CommitWriterCollaborators } from './commit-writer.ts';
import type { Change } from './durable-store.ts';
import { ITEM_ENDS, type ItemEnd, type OutboxEntry, PRIORITIES } from './outbox-item.ts';
import type { Arrival, OutboxStore, ReceivingSide, SendingSide } from './outbox-store.ts';
import type { StoreLimits } from './plan-commit.ts';
import type { Numbered, Standing } from './received-streams.ts';
import type { StoreEntry } from './store-entry.ts';
import type { StoreState } from './store-state.ts';
import type { StoredItem } from './stored-item.ts';

/** What was tried with an item since the store was opened. */
interface Attempts {
  readonly attempts: number;
  readonly lastNode?: string;
  readonly lastError?: string;
}

/** What a store works with. */
interface FoldedStoreCollaborators extends Omit<CommitWriterCollaborators, 'onSafe'> {
  readonly newSource: () => string;
}

/** A store over the state that its writer keeps. */
export class FoldedStore implements OutboxStore, SendingSide, ReceivingSide {
  readonly ended = Object.fromEntries(ITEM_ENDS.map(how => [how, 0])) as Record<ItemEnd, number>;
  readonly #with: FoldedStoreCollaborators;
  readonly #state: StoreState;
  readonly #writer: CommitWriter;
  readonly #attempts = new Map<string, Attempts>();
  /** Ids of items that got their place since. */
  readonly #fresh = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(collaborators: FoldedStoreCollaborators, limits: StoreLimits, state: StoreState) {
    this.#with = collaborators;
    this.#state = state;
    this.#writer = new CommitWriter({ ...collaborators, onSafe: facts => this.#noteSafe(facts) }, limits, state);
  }

  get source(): string {
    return this.#state.source;
  }

  get bytes(): number {
    return this.#state.items.bytes + this.#state.records.bytes;
  }

  get sending(): SendingSide {
    return this;
  }

  get receiving(): ReceivingSide {
    return this;
  }

  async commit(changes: readonly Change[]): Promise<readonly string[]> {
    for (const change of changes) checkChange(change);
    return this.#writer.commit(changes);
  }

  entries(): readonly OutboxEntry[] {
    return [...this.waiting()].map(item => this.#entryOf(item));
  }

  records(table: string): ReadonlyMap<string, Uint8Array> {
    return this.#state.records.table(table);
  }

  onCommit(listener: () => void): () => void {
    const registered = (): void => listener();
    this.#listeners.add(registered);
    return () => void this.#listeners.delete(registered);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#with.journal[Symbol.asyncDispose]();
  }

  get targets(): number {
    return this.#state.items.targets;
  }

  *waiting(): Iterable<StoredItem> {
    const nowMs = this.#with.time.nowMs();
    const isAnyPast = this.#state.items.earliestExpiryMs <= nowMs;
    for (const item of this.#state.items.all()) if (!isAnyPast || expiryOf(item) > nowMs) yield item;
  }

  find(id: string): StoredItem | undefined {
    return this.#state.items.get(id);
  }

  ageMs(item: StoredItem): number {
    return Math.max(0, this.#with.time.nowMs() - item.bornMs);
  }

  nextExpiryMs(): number | undefined {
    const { items } = this.#state;
    const nowMs = this.#with.time.nowMs();
    if (items.count === 0) return undefined;
    if (items.expired(nowMs).length > 0) return 0;
    return items.earliestExpiryMs - nowMs;
  }

  hasRoom(node: string, { priority }: StoredItem): boolean {
    return this.#state.sent.next(this.source, node, PRIORITIES.indexOf(priority)) !== undefined;
  }

  async assign(id: string, node: string): Promise<StoredItem | undefined> {
    await this.#writer.commit([{ kind: 'assign', id, node }]);
    const item = this.find(id);
    return item?.place?.node === node ? item : undefined;
  }

  floor({ place, priority }: StoredItem): number {
    return place === undefined ? 0 : this.#state.sent.floor(place, PRIORITIES.indexOf(priority));
  }

  isFresh({ id }: StoredItem): boolean {
    return this.#fresh.has(id);
  }

  async rename(id: string): Promise<void> {
    await this.#writer.commit([{ kind: 'rename', id, source: this.#with.newSource() }]);
  }

  async sweep(): Promise<void> {
    if (this.nextExpiryMs() === 0) await this.#writer.commit([]);
  }

  noteAttempt(id: string, node: string): void {
    const attempts = (this.#attempts.get(id)?.attempts ?? 0) + 1;
    this.#attempts.set(id, { ...this.#attempts.get(id), attempts, lastNode: node });
  }

  noteError(id: string, error: string): void {
    const known = this.#attempts.get(id);
    if (known !== undefined) this.#attempts.set(id, { ...known, lastError: error });
  }

  lastError(id: string): string | undefined {
    return this.#attempts.get(id)?.lastError;
  }

  standing(numbered: Numbered): Standing {
    return this.#state.received.standing(numbered);
  }

  async receive(arrival: Arrival, changes: readonly Change[]): Promise<void> {
    for (const change of changes) checkChange(change);
    await this.#writer.commit([{ kind: 'mark', ...arrival }, ...changes]);
  }

  #entryOf(item: StoredItem): OutboxEntry {
    const { bornMs: _born, place: _place, ...told } = item;
    return { ...told, ageMs: Math.floor(this.ageMs(item)), attempts: 0, ...this.#attempts.get(item.id) };
  }

  #noteEnd(id: string, how: ItemEnd): void {
    this.ended[how] += 1;
    this.#attempts.delete(id);
    this.#fresh.delete(id);
  }

  #noteSafe(facts: readonly StoreEntry[]): void {
    for (const fact of facts) {
      if (fact.kind === 'assign') this.#fresh.add(fact.id);
      else if (fact.kind === 'unassign') this.#fresh.delete(fact.id);
      else if (fact.kind === 'end') this.#noteEnd(fact.id, fact.how);
    }
    for (const listener of [...this.#listeners]) this.#tell(listener);
  }

  /** What is safe stays so: were a listener's error to reach the writer, it would commit the same changes again. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch (cause) {
      const { code, message } = AiflowError.from(cause);
      this.#with.logger.warn('a listener to commits failed', { code, message });
    }
  }
}
