// SPDX-License-Identifier: Apache-2.0
//
// Finished spans, kept for a while so that another node can ask for those of a trace.
//
// R1  At most `maxTraces` traces of at most `maxSpansPerTrace` spans are held, and at most `maxSpans` in all; the trace
//     that has been quiet longest goes first.
// R2  Every span that was pushed out before its time, and every one past its trace's share, is counted.
import type { FinishedSpan } from './finished-span.ts';
import type { SpanRecord } from './span-record.ts';

/** Bounds of a span collector. */
export interface SpanCollectorOptions {
  /** Default 512. */
  readonly maxTraces?: number;
  /** Default 1 024. */
  readonly maxSpansPerTrace?: number;
  /** Default 8 192. */
  readonly maxSpans?: number;
}

/** The finished spans of this node. */
export interface SpanCollector {
  /** The spans of one trace that this node holds, in the order they began; none when it knows nothing of it. */
  collect(traceId: string): readonly SpanRecord[];
  /** Spans held now. */
  readonly held: number;
  /** Spans taken since the start. */
  readonly taken: number;
  /** Spans that had to go before anybody could ask for them. */
  readonly evicted: number;
}

/** A span collector and the way into it. */
export interface SpanStore extends SpanCollector {
  add(span: FinishedSpan): void;
}

/** An empty store for the spans of `node`. */
export function createSpanStore(
  place: { readonly node: string; readonly tier: string },
  options: SpanCollectorOptions = {},
): SpanStore {
  return new BoundedSpanStore(place, options);
}

class BoundedSpanStore implements SpanStore {
  /** By trace id, the one quiet longest first. */
  private readonly traces = new Map<string, FinishedSpan[]>();
  private readonly place: { readonly node: string; readonly tier: string };
  private readonly maxTraces: number;
  private readonly maxSpansPerTrace: number;
  private readonly maxSpans: number;
  held = 0;
  taken = 0;
  evicted = 0;

  constructor(place: { readonly node: string; readonly tier: string }, options: SpanCollectorOptions) {
    this.place = place;
    this.maxTraces = options.maxTraces ?? 512;
    this.maxSpansPerTrace = options.maxSpansPerTrace ?? 1024;
    this.maxSpans = options.maxSpans ?? 8192;
  }

  add(span: FinishedSpan): void {
    this.taken += 1;
    const spans = this.traces.get(span.traceId);
    if (spans === undefined) {
      this.traces.set(span.traceId, [span]);
    } else if (spans.length >= this.maxSpansPerTrace) {
      this.evicted += 1;
      return;
    } else {
      spans.push(span);
      this.traces.delete(span.traceId);
      this.traces.set(span.traceId, spans);
    }
    this.held += 1;
    if (this.traces.size > this.maxTraces || this.held > this.maxSpans) this.evictOldest();
  }

  collect(traceId: string): readonly SpanRecord[] {
    const spans = this.traces.get(traceId) ?? [];
    return spans.map(span => toRecord(span, this.place)).sort((a, b) => a.startMs - b.startMs);
  }

  /** R1 */
  private evictOldest(): void {
    const [oldest] = this.traces;
    if (oldest === undefined) return;
    const [traceId, spans] = oldest;
    this.traces.delete(traceId);
    this.held -= spans.length;
    this.evicted += spans.length;
  }
}

function toRecord(span: FinishedSpan, place: { readonly node: string; readonly tier: string }): SpanRecord {
  const { traceId, spanId, parentId, name, kind, startMs, durationMs, error, events, links } = span;
  const { node, tier } = place;
  const status = error === undefined ? 'ok' : 'error';
  const attributes = span.attributes();
  return { traceId, spanId, parentId, name, kind, node, tier, startMs, durationMs, status, attributes, events, links };
}
