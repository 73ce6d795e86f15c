// SPDX-License-Identifier: Apache-2.0
//
// How spans get to the disk.
//
//   add -> pending -> (batch, once `flushEveryMs`) -> table, in memory -> journal
//
// S1  Taking a span is one push. Describing and writing it happens later, in batches of at most `BATCH_SPANS`, between
//     which other work gets its turn. No call waits for it and none fails by it.
// S2  Everything is bounded: at most `maxPendingSpans` wait, at most `maxBytes` are held. What is dropped is counted.
// S3  A disk that is full or fails costs one log line a minute and a counter. The spans stay in memory, within the
//     bound, and are written once the disk takes them again.
// S4  The journal's durability is `everyMs`: a span survives the process once its batch is written, and the power once
//     the disk was told. A trace is not worth an fsync: what may be lost is the last seconds of a picture.
// S5  What the collector has is written after it said so: a crash between the two exports again (at least once).
import type { Journal } from '@aiflow/journal';
import { AiflowError } from '@aiflow/protocol';
import type { Timer } from '@aiflow/time';
import type { FinishedSpan } from './finished-span.ts';
import { toRecord } from './span-collector.ts';
import type { SpanRecord } from './span-record.ts';
import type { SpanSpool, SpanSpoolCollaborators, SpanSpoolCounts, SpanSpoolOptions, SpoolBatch } from './span-spool.ts';
import { encodeExported, encodeSpan, readSpan, type SpooledSpan } from './spool-entry.ts';
import { type SpoolTable, sizeOf } from './spool-table.ts';

const BATCH_SPANS = 128;
const RETRY_MS = 10_000;
const WARN_EVERY_MS = 60_000;
/** Of a frame's head and an entry that says what was exported. */
const FRAME_BYTES = 64;

/** What {@link JournalSpool} is made of; it owns the journal. */
export interface SpoolParts extends SpanSpoolCollaborators {
  readonly journal: Journal;
  readonly table: SpoolTable;
}

/** Options with their bound. */
type BoundedOptions = SpanSpoolOptions & { readonly maxBytes: number };

/** A {@link SpanSpool} over a table and a journal. */
export class JournalSpool implements SpanSpool {
  readonly #parts: SpoolParts;
  readonly #options: BoundedOptions;
  #pending: FinishedSpan[] = [];
  /** Held, but not on the disk. */
  #unsaved: SpooledSpan[] = [];
  #savedThrough: number;
  #boot: string | undefined;
  #needsRewrite = false;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #warnAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #droppedFull = 0;
  #droppedPending = 0;
  #errors = 0;

  constructor(parts: SpoolParts, options: BoundedOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#savedThrough = parts.table.exportedThrough;
  }

  add(span: FinishedSpan): void {
    if (this.#closing !== undefined || this.#pending.length >= (this.#options.maxPendingSpans ?? 4096)) {
      this.#droppedPending += 1; // S2
      return;
    }
    this.#pending.push(span); // S1
    this.#arm(this.#options.flushEveryMs ?? 1000);
  }

  stampWith(boot: string): void {
    this.#boot = boot;
  }

  collect(traceId: string): readonly SpanRecord[] {
    const spans = this.#parts.table.spansOf(traceId).flatMap(span => readSpan(span) ?? []);
    return spans.sort((a, b) => a.startMs - b.startMs);
  }

  latest(limit: number): readonly string[] {
    return this.#parts.table.latest(limit);
  }

  unexported(limit: number): SpoolBatch | undefined {
    const taken = this.#parts.table.unexported(limit);
    const through = taken.at(-1)?.sequence;
    return through === undefined ? undefined : { spans: taken.flatMap(span => readSpan(span) ?? []), through };
  }

  markExported(through: number): void {
    this.#parts.table.markExported(through);
    if (this.#closing === undefined) this.#arm(this.#options.flushEveryMs ?? 1000);
  }

  counts(): SpanSpoolCounts {
    const { spans, bytes } = this.#parts.table;
    const [droppedFull, droppedPending] = [this.#droppedFull, this.#droppedPending];
    return { spans, bytes, droppedFull, droppedPending, errors: this.#errors };
  }

  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#turn = this.#turn.then(() => this.#drain());
    return this.#turn;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#retryAtMs = Number.NEGATIVE_INFINITY; // a last try
    await this.flush();
    this.#timer?.cancel();
    try {
      await this.#parts.journal[Symbol.asyncDispose]();
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #arm(delayMs: number): void {
    this.#timer ??= this.#parts.clock.setTimer(delayMs, () => void this.flush());
  }

  async #drain(): Promise<void> {
    do {
      for (const span of this.#pending.splice(0, BATCH_SPANS)) this.#hold(span);
      this.#makeRoom();
      await this.#save();
    } while (this.#pending.length > 0);
    if (this.#unsaved.length > 0 && this.#closing === undefined) this.#arm(RETRY_MS);
  }

  #hold(span: FinishedSpan): void {
    const { table } = this.#parts;
    try {
      const spooled = encodeSpan(toRecord(span, { ...this.#options, boot: this.#boot }), table.nextSequence);
      if (sizeOf(spooled) > this.#options.maxBytes >> 2) throw new RangeError('span is too large');
      table.hold(spooled);
      this.#unsaved.push(spooled);
    } catch {
      this.#droppedPending += 1;
    }
  }

  /** S2: of what is held, half of the bound stays, so that room is made seldom. */
  #makeRoom(): void {
    const { table, journal } = this.#parts;
    const { maxBytes } = this.#options;
    const addedBytes = this.#unsaved.reduce((sum, span) => sum + sizeOf(span), FRAME_BYTES);
    if (journal.bytes + addedBytes <= maxBytes && table.bytes <= maxBytes) return;
    const dropped = table.dropUntil(maxBytes >> 1);
    this.#droppedFull += dropped.size;
    this.#unsaved = this.#unsaved.filter(span => !dropped.has(span));
    this.#needsRewrite = true;
  }

  async #save(): Promise<void> {
    const { table, journal, clock } = this.#parts;
    const through = table.exportedThrough;
    const entries = this.#unsaved.map(({ bytes }) => bytes);
    if (through > this.#savedThrough) entries.push(encodeExported(through)); // S5
    if (clock.nowMs() < this.#retryAtMs || (entries.length === 0 && !this.#needsRewrite)) return;
    try {
      if (this.#needsRewrite) await journal.rewrite(this.#everything());
      else await journal.append(entries);
      this.#unsaved = [];
      this.#savedThrough = through;
      this.#needsRewrite = false;
    } catch (cause) {
      this.#failed(cause);
    }
  }

  *#everything(): Generator<Uint8Array> {
    const { table } = this.#parts;
    for (const { bytes } of table.all()) yield bytes;
    if (table.exportedThrough >= 0) yield encodeExported(table.exportedThrough);
  }

  /** S3 */
  #failed(cause: unknown): void {
    const { clock, logger } = this.#parts;
    const { code, message } = AiflowError.from(cause);
    const nowMs = clock.nowMs();
    this.#errors += 1;
    this.#retryAtMs = nowMs + RETRY_MS;
    this.#needsRewrite ||= code !== 'resource-exhausted'; // the journal says of other failures that it needs one
    if (nowMs < this.#warnAtMs) return;
    this.#warnAtMs = nowMs + WARN_EVERY_MS;
    logger?.warn('spans could not be written; they are kept in memory meanwhile', {
      folder: this.#options.folder,
      reason: message,
      errors: this.#errors,
    });
  }
}
