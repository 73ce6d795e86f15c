// SPDX-License-Identifier: Apache-2.0
//
// From changes to entries that are safe.
//
//   waiting -> planned against what is safe and what goes before it -> appended with all that wait -> safe
//                                                                   \-> refused by the disk: one by one, or rejected
//
// W1  `safe` holds what is on the disk and nothing else; readers see no other state.
// W2  One append is under way at a time. All that wait for it make the next one, so a burst of commits costs few fsyncs.
// W3  A commit that is rejected leaves nothing behind, and takes no other one with it.
// W4  The journal is rewritten when less than about half of it lives, and when it refused an append: that frees room, and
//     gives a new file where the old one failed.
import type { Logger } from '@aiflow/actor';
import type { Journal } from '@aiflow/journal';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import {
  type CommitPlan,
  type PlanContext,
  planCommit,
  planExpiry,
  type StoreChange,
  type StoreLimits,
} from './plan-commit.ts';
import { encodeEntry, type StoreEntry } from './store-entry.ts';
import type { StoreState } from './store-state.ts';
import type { StoreTime } from './store-time.ts';

/** What a writer works with. */
export interface CommitWriterCollaborators {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly time: StoreTime;
  readonly logger: Logger;
  readonly newId: () => string;
  /** Called with the facts that became safe. */
  readonly onSafe: (entries: readonly StoreEntry[]) => void;
}

interface Waiting {
  readonly changes: readonly StoreChange[];
  readonly resolve: (ids: readonly string[]) => void;
  readonly reject: (cause: unknown) => void;
}

/** Commits that go to the disk together. */
interface Batch {
  readonly entries: readonly StoreEntry[];
  readonly done: readonly { readonly waiting: Waiting; readonly ids: readonly string[] }[];
}

const MAX_BATCH_COMMITS = 128;
const SPARE_BYTES = 262_144;
const REWRITE_PAUSE_MS = 1_000;
const STREAM_BYTES = 96;

/** The one way by which a store changes. */
export class CommitWriter {
  readonly #with: CommitWriterCollaborators;
  readonly #limits: StoreLimits;
  readonly #safe: StoreState;
  /** What is safe and what is being appended. */
  #planned: StoreState;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  #isTimeDoubted: boolean;
  #rewrittenBytes = 0;
  #rewriteFailedMs = -Infinity;

  /** `safe` is the state as the journal gave it; the writer keeps it up to date (W1). */
  constructor(collaborators: CommitWriterCollaborators, limits: StoreLimits, safe: StoreState) {
    this.#with = collaborators;
    this.#limits = limits;
    this.#safe = safe;
    this.#planned = safe.clone();
    this.#isTimeDoubted = collaborators.time.uncertain;
  }

  /** Resolves with the ids of items put in once all changes are safe; rejects when none is made. */
  commit(changes: readonly StoreChange[]): Promise<readonly string[]> {
    if (this.#closed) return Promise.reject(new AiflowError('failed-precondition', 'the store is closed'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Makes what was committed before safe; takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, MAX_BATCH_COMMITS);
      if (!(await this.#attempt(taken, false))) {
        for (const waiting of taken) await this.#attempt([waiting], true); // W3
      }
      if (this.#isMostlyGarbage()) await this.#rewrite();
    }
    this.#running = undefined; // at once: a commit made meanwhile would wait for ever
  }

  /** False when the disk refused; the commits are rejected then if it is the last attempt. */
  async #attempt(taken: readonly Waiting[], last: boolean): Promise<boolean> {
    const batch = this.#plan(taken);
    try {
      if (batch.entries.length > 0) await this.#append(batch.entries);
    } catch (cause) {
      this.#planned = this.#safe.clone();
      if (!last) await this.#rewriteAfterRefusal(cause);
      else for (const { waiting } of batch.done) waiting.reject(cause);
      return false;
    }
    for (const { waiting, ids } of batch.done) waiting.resolve(ids);
    return true;
  }

  #plan(taken: readonly Waiting[]): Batch {
    const context: PlanContext = { nowMs: this.#with.time.nowMs(), limits: this.#limits, newId: this.#with.newId };
    const entries: StoreEntry[] = [...planExpiry(this.#planned, context.nowMs)];
    for (const entry of entries) this.#planned.apply(entry);
    const done: { waiting: Waiting; ids: readonly string[] }[] = [];
    for (const waiting of taken) {
      const plan = this.#planOne(waiting, entries, context);
      if (plan === undefined) continue;
      entries.push(...plan.entries);
      done.push({ waiting, ids: plan.ids });
    }
    return { entries, done };
  }

  /** A commit that can't be planned is rejected at once; what it changed on the way is undone. */
  #planOne(waiting: Waiting, before: readonly StoreEntry[], context: PlanContext): CommitPlan | undefined {
    try {
      return planCommit(this.#planned, waiting.changes, context);
    } catch (cause) {
      this.#planned = this.#safe.clone();
      for (const entry of before) this.#planned.apply(entry);
      waiting.reject(cause);
      return undefined;
    }
  }

  async #append(facts: readonly StoreEntry[]): Promise<void> {
    const { journal, clock, time, onSafe } = this.#with;
    const stamp: StoreEntry = {
      ...{ kind: 'time', storeMs: time.nowMs(), wallMs: clock.wallMs() },
      uncertain: this.#isTimeDoubted,
    };
    const entries = [stamp, ...facts];
    await journal.append(entries.map(encodeEntry));
    this.#isTimeDoubted = false;
    for (const entry of entries) this.#safe.apply(entry);
    onSafe(facts);
  }

  /** W4 */
  #isMostlyGarbage(): boolean {
    const { bytes } = this.#with.journal;
    const { items, records, received } = this.#safe;
    const living = items.bytes + records.bytes + received.marks * STREAM_BYTES;
    return bytes > 2 * living + SPARE_BYTES && bytes > 1.5 * this.#rewrittenBytes && this.#mayRewrite();
  }

  #mayRewrite(): boolean {
    return this.#with.clock.nowMs() - this.#rewriteFailedMs >= REWRITE_PAUSE_MS;
  }

  async #rewriteAfterRefusal(cause: unknown): Promise<void> {
    const { code, message } = AiflowError.from(cause);
    this.#with.logger.warn('the journal refused to take a commit', { code, message });
    if (this.#mayRewrite()) await this.#rewrite();
  }

  async #rewrite(): Promise<void> {
    const { journal, clock, time, logger } = this.#with;
    const stamp: StoreEntry = {
      ...{ kind: 'time', storeMs: time.nowMs(), wallMs: clock.wallMs() },
      uncertain: this.#isTimeDoubted,
    };
    try {
      await journal.rewrite([...this.#safe.entries(), stamp].map(encodeEntry));
      this.#rewrittenBytes = journal.bytes;
      this.#isTimeDoubted = false;
      this.#safe.apply(stamp);
      this.#planned.apply(stamp);
    } catch (cause) {
      this.#rewriteFailedMs = clock.nowMs();
      const { code, message } = AiflowError.from(cause);
      logger.warn('the journal could not be rewritten; it goes on as it is', { code, message });
    }
  }
}
