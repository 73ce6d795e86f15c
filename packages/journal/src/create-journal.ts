// SPDX-License-Identifier: Apache-2.0
//
// Appends, rewrites and fsyncs of one journal, one after another.
//
// J1  One job has the writer at a time; jobs run in the order in which they were asked for.
// J2  A job that appends takes all units that wait: one write and one fsync for them (group commit). They are
//     answered in order, all alike.
// J3  What waits is bounded: it is counted against `maxBytes` when it is asked for.
// J4  With `everyMs` an fsync is due that long after the first write since the last one.
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Timer } from '@aiflow/time';
import type { Journal, JournalRecovery } from './journal.ts';
import type { JournalBounds } from './journal-bounds.ts';
import type { JournalLock } from './journal-files.ts';
import { ENTRY_HEAD_BYTES, FRAME_HEAD_BYTES, frameBytes, type Unit } from './journal-format.ts';
import type { JournalWriter } from './journal-writer.ts';
import { journalFull } from './system-error.ts';

/** Where a journal says that it found damage, or that the disk failed it. */
export interface JournalLogger {
  warn(message: string, fields?: Readonly<Record<string, string | number>>): void;
}

/** An opened journal's parts. */
export interface JournalParts {
  readonly id: Buffer;
  readonly clock: Clock;
  readonly logger: JournalLogger | undefined;
  readonly lock: JournalLock;
  readonly writer: JournalWriter;
  readonly recovery: JournalRecovery;
}

/** A small frame, so that damage at rest costs few entries. */
const REWRITTEN_UNIT_BYTES = 4096;

interface WaitingUnit {
  readonly unit: Unit;
  readonly bytes: number;
  resolve(): void;
  reject(cause: unknown): void;
}

/** Owns the writer and the lock from now on. */
export function createJournal(parts: JournalParts, folder: string, bounds: JournalBounds): Journal {
  const { id, writer, recovery } = parts;
  const turns = new JournalTurns(parts, folder, bounds);
  return {
    id: id.toString('hex'),
    recovery,
    get bytes() {
      return writer.bytes;
    },
    append: entries => turns.append(entries),
    rewrite: entries => turns.rewrite(entries),
    [Symbol.asyncDispose]: () => turns.close(),
  };
}

class JournalTurns {
  readonly #parts: JournalParts;
  readonly #folder: string;
  readonly #bounds: JournalBounds;
  /** Takes units until its turn comes, or a rewrite is asked for. */
  #batch: WaitingUnit[] | undefined;
  #waitingBytes = 0;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #syncTimer: Timer | undefined;
  #isSealed = true;

  constructor(parts: JournalParts, folder: string, bounds: JournalBounds) {
    this.#parts = parts;
    this.#folder = folder;
    this.#bounds = bounds;
  }

  async append(entries: Unit): Promise<void> {
    this.#requireOpen();
    for (const entry of entries) this.#requireSize(entry);
    if (entries.length === 0) return;
    const bytes = frameBytes(entries);
    const total = this.#parts.writer.bytes + this.#waitingBytes + bytes;
    if (total > this.#bounds.maxBytes) throw journalFull(this.#folder, total, this.#bounds.maxBytes); // J3
    this.#waitingBytes += bytes;
    const batch = this.#openBatch();
    await new Promise<void>((resolve, reject) => batch.push({ unit: [...entries], bytes, resolve, reject }));
  }

  async rewrite(entries: Iterable<Uint8Array>): Promise<void> {
    this.#requireOpen();
    this.#batch = undefined; // J1: what is appended from now on comes behind
    await this.#inTurn(async () => {
      await this.#parts.writer.replace(this.#units(entries), this.#bounds.maxBytes);
      this.#isSealed = true;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#inTurn(() => this.#seal());
    return this.#closing;
  }

  #inTurn(job: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(job); // J1
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #openBatch(): WaitingUnit[] {
    if (this.#batch !== undefined) return this.#batch;
    const batch: WaitingUnit[] = [];
    this.#batch = batch;
    void this.#inTurn(() => this.#flush(batch));
    return batch;
  }

  async #flush(taken: readonly WaitingUnit[]): Promise<void> {
    if (this.#batch === taken) this.#batch = undefined; // J2
    try {
      await this.#parts.writer.write(taken.map(({ unit }) => unit)).finally(() => this.#forget(taken));
      this.#isSealed = false;
      await this.#makeSafe();
      for (const { resolve } of taken) resolve();
    } catch (cause) {
      for (const { reject } of taken) reject(cause);
    }
  }

  #forget(taken: readonly WaitingUnit[]): void {
    for (const { bytes } of taken) this.#waitingBytes -= bytes;
  }

  async #makeSafe(): Promise<void> {
    const { durability } = this.#bounds;
    if (durability === 'each') return this.#syncOrDrop();
    this.#syncTimer ??= this.#parts.clock.setTimer(durability.everyMs, () => {
      this.#syncTimer = undefined; // J4
      this.#inTurn(() => this.#parts.writer.sync()).catch(cause => this.#warn(cause));
    });
  }

  async #syncOrDrop(): Promise<void> {
    const { writer } = this.#parts;
    await writer.sync().catch(async cause => {
      await writer.dropUnsafe(); // nobody was told that it is safe
      throw cause;
    });
  }

  async #seal(): Promise<void> {
    const { writer, lock } = this.#parts;
    this.#syncTimer?.cancel();
    try {
      if (!this.#isSealed) await writer.seal();
    } finally {
      await writer.close();
      await lock.release();
    }
  }

  *#units(entries: Iterable<Uint8Array>): Generator<Unit> {
    let unit: Uint8Array[] = [];
    let bytes = FRAME_HEAD_BYTES;
    for (const entry of entries) {
      this.#requireSize(entry);
      unit.push(entry);
      bytes += ENTRY_HEAD_BYTES + entry.byteLength;
      if (bytes < REWRITTEN_UNIT_BYTES) continue;
      yield unit;
      [unit, bytes] = [[], FRAME_HEAD_BYTES];
    }
    if (unit.length > 0) yield unit;
  }

  #requireOpen(): void {
    if (this.#closing === undefined) return;
    throw new AiflowError('failed-precondition', `journal ${this.#folder} is closed: open it again`);
  }

  #requireSize({ byteLength }: Uint8Array): void {
    const { maxEntryBytes } = this.#bounds;
    if (byteLength <= maxEntryBytes) return;
    const message = `journal entry of ${byteLength} bytes exceeds maxEntryBytes ${maxEntryBytes}: split it, or raise the limit`;
    throw new AiflowError('invalid-argument', message);
  }

  #warn(cause: unknown): void {
    const { message } = AiflowError.from(cause);
    this.#parts.logger?.warn('journal could not be put on the disk', { folder: this.#folder, reason: message });
  }
}
