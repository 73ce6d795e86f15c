// SPDX-License-Identifier: Apache-2.0
//
// Finished spans on the disk, so that a trace outlives a tunnel and a restart.
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
import { type JournalFiles, openJournal } from '@aiflow/journal';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { FinishedSpan } from './finished-span.ts';
import { JournalSpool } from './journal-spool.ts';
import type { SpanRecord } from './span-record.ts';
import { decodeEntry } from './spool-entry.ts';
import { SpoolTable } from './spool-table.ts';

/** Where a spool says that its disk fails it. */
export interface SpanSpoolLogger {
  warn(message: string, fields?: Readonly<Record<string, string | number>>): void;
}

/** What a span spool works with. */
export interface SpanSpoolCollaborators {
  readonly files: JournalFiles;
  readonly clock: Clock;
  readonly logger?: SpanSpoolLogger;
}

/** A span spool's place and bounds. */
export interface SpanSpoolOptions {
  /** Its own: nothing else may lie in it. */
  readonly folder: string;
  /** Whose spans these are. */
  readonly node: string;
  readonly tier: string;
  /** On the disk (twice that while it is made smaller) and in memory. At least 64 KiB, default 8 MiB: some ten thousand spans. */
  readonly maxBytes?: number;
  /** How long a span waits for others to share a write. Default 1 000. */
  readonly flushEveryMs?: number;
  /** How long what was written may stay in the page cache alone. Default 5 000. */
  readonly syncEveryMs?: number;
  /** Spans that wait to be written. Default 4 096. */
  readonly maxPendingSpans?: number;
}

/** Spans to be exported, and what to say once they are. */
export interface SpoolBatch {
  readonly spans: readonly SpanRecord[];
  readonly through: number;
}

/** What became of spans. */
export interface SpanSpoolCounts {
  /** Held now. */
  readonly spans: number;
  readonly bytes: number;
  /** Made room for newer ones. */
  readonly droppedFull: number;
  /** Came faster than they could be written, or were too large for an entry. */
  readonly droppedPending: number;
  /** Writes that the disk refused. */
  readonly errors: number;
}

/** The spans of this node, on its disk. Nothing here throws or rejects. */
export interface SpanSpool extends AsyncDisposable {
  add(span: FinishedSpan): void;
  /** Of which start of the node the spans are that are written from now on; see `SpanRecord.boot`. */
  stampWith(boot: string): void;
  /** Those of one trace, in the order they began; of those added lately only what was flushed. */
  collect(traceId: string): readonly SpanRecord[];
  /** The traces that got a span last, the latest first. */
  latest(limit: number): readonly string[];
  /** The oldest spans, at most `limit`, that no collector is known to have; undefined when there are none. */
  unexported(limit: number): SpoolBatch | undefined;
  /** The collector has everything up to the batch's `through`. */
  markExported(through: number): void;
  counts(): SpanSpoolCounts;
  /** Writes what waits; resolves when it was tried. */
  flush(): Promise<void>;
}

const DEFAULT_MAX_BYTES = 8 << 20;
const MIN_MAX_BYTES = 64 << 10;

/**
 * Opens the spool in `folder` with what it held. Rejects as `openJournal` does, for a folder held by another process or a
 * disk that fails: a node then goes on without one. `invalid-argument` when `maxBytes` is too small.
 */
export async function openSpanSpool(
  collaborators: SpanSpoolCollaborators,
  options: SpanSpoolOptions,
): Promise<SpanSpool> {
  const { folder, maxBytes = DEFAULT_MAX_BYTES, syncEveryMs = 5000 } = options;
  if (!(maxBytes >= MIN_MAX_BYTES)) {
    const message = `span spool maxBytes is ${maxBytes}: name at least ${MIN_MAX_BYTES}`;
    throw new AiflowError('invalid-argument', message);
  }
  const table = new SpoolTable();
  const journal = await openJournal(
    collaborators,
    { folder, maxBytes, maxEntryBytes: maxBytes >> 2, durability: { everyMs: syncEveryMs } },
    bytes => {
      const entry = decodeEntry(bytes);
      if (entry !== undefined) table.recover(entry);
    },
  );
  return new JournalSpool({ ...collaborators, journal, table }, { ...options, maxBytes });
}
