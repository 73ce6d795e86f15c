// SPDX-License-Identifier: Apache-2.0
//
// The spans that a spool holds, with no disk in sight.
//
// P1  Traces are held in the order in which they last got a span. Room is made by dropping whole traces from the front;
//     of the only trace that is left, its oldest spans.
// P2  What is to be exported is given in the order of sequences, each span until it is said to be exported or is dropped.
// P3  A sequence is never given twice, also when the span that had it did not reach the disk.
import type { SpoolEntry, SpooledSpan } from './spool-entry.ts';

/** Of the journal's own bytes for each entry, rounded up. */
const ENTRY_OVERHEAD_BYTES = 8;

/** Spans by trace, bounded by whoever calls `dropUntil`. */
export class SpoolTable {
  readonly #traces = new Map<string, SpooledSpan[]>();
  #toExport: SpooledSpan[] = [];
  #exportedThrough = -1;
  #nextSequence = 0;
  /** What the held spans take in a journal. */
  bytes = 0;
  spans = 0;

  get exportedThrough(): number {
    return this.#exportedThrough;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Takes an entry that a journal held; in the order in which they were written. */
  recover(entry: SpoolEntry): void {
    if ('span' in entry) this.hold(entry.span);
    else this.markExported(entry.exportedThrough);
  }

  hold(span: SpooledSpan): void {
    const trace = this.#traces.get(span.traceId) ?? [];
    this.#traces.delete(span.traceId);
    this.#traces.set(span.traceId, trace); // P1
    trace.push(span);
    this.bytes += sizeOf(span);
    this.spans += 1;
    if (span.sequence > this.#exportedThrough) this.#toExport.push(span);
    this.#nextSequence = Math.max(this.#nextSequence, span.sequence + 1); // P3
  }

  /** Drops spans until at most `bytes` are held; gives those that went. */
  dropUntil(bytes: number): ReadonlySet<SpooledSpan> {
    const dropped = new Set<SpooledSpan>();
    for (const [traceId, trace] of this.#traces) {
      if (this.bytes <= bytes) break;
      const kept = this.#traces.size === 1 ? this.#keepNewest(trace, bytes) : [];
      for (const span of trace.slice(0, trace.length - kept.length)) dropped.add(span);
      if (kept.length === 0) this.#traces.delete(traceId);
      else this.#traces.set(traceId, kept);
      this.bytes -= sum(trace) - sum(kept);
      this.spans -= trace.length - kept.length;
    }
    if (dropped.size > 0) this.#toExport = this.#toExport.filter(span => !dropped.has(span));
    return dropped;
  }

  spansOf(traceId: string): readonly SpooledSpan[] {
    return this.#traces.get(traceId) ?? [];
  }

  /** The traces that got a span last, the latest first. */
  latest(limit: number): readonly string[] {
    return [...this.#traces.keys()].slice(-limit).reverse();
  }

  /** All spans, by sequence. */
  all(): readonly SpooledSpan[] {
    return [...this.#traces.values()].flat().sort((a, b) => a.sequence - b.sequence);
  }

  /** P2 */
  unexported(limit: number): readonly SpooledSpan[] {
    return this.#toExport.slice(0, limit);
  }

  markExported(through: number): void {
    if (through <= this.#exportedThrough) return;
    this.#exportedThrough = through;
    this.#nextSequence = Math.max(this.#nextSequence, through + 1); // P3
    this.#toExport = this.#toExport.filter(span => span.sequence > through);
  }

  #keepNewest(trace: readonly SpooledSpan[], bytes: number): SpooledSpan[] {
    let left = bytes;
    const from = trace.findLastIndex(span => {
      left -= sizeOf(span);
      return left < 0;
    });
    return trace.slice(from + 1);
  }
}

function sum(spans: readonly SpooledSpan[]): number {
  return spans.reduce((total, span) => total + sizeOf(span), 0);
}

/** What a span takes in a journal. */
export function sizeOf({ bytes }: SpooledSpan): number {
  return bytes.byteLength + ENTRY_OVERHEAD_BYTES;
}
