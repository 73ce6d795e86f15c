// SPDX-License-Identifier: Apache-2.0
//
// Finished spans, kept for a while so that another node can ask for those of a trace.
//
// R1  The `capacity` spans that ended last are held; a newer one takes the place of the oldest, which is counted.
// R2  Taking a span is one store into a ring: everything is taken, few are asked for, and asking may search.
import type { FinishedSpan } from './finished-span.ts';
import { MAX_COLLECTED_SPANS, type SpanRecord } from './span-record.ts';
import type { TraceSummary } from './trace-summary.ts';

/** The finished spans of this node. */
export interface SpanCollector {
  /**
   * The spans of one trace that this node holds, in the order they began; none when it knows nothing of it. Of more
   * than {@link MAX_COLLECTED_SPANS} the newest.
   */
  collect(traceId: string): readonly SpanRecord[];
  /** The traces that a span ended of last, the latest first, at most `limit`. */
  latest(limit: number): readonly TraceSummary[];
  /** This node's calendar, by which its spans are stamped: milliseconds since the Unix epoch. */
  wallMs(): number;
  /** Tells this start of the node from others; see `SpanRecord.boot`. */
  readonly boot: string;
  /** Spans held now, in memory. */
  readonly held: number;
  /** Spans taken since the start. */
  readonly taken: number;
  /** Spans that had to make room for newer ones. */
  readonly evicted: number;
}

/** The spans that ended last, and the way to them. */
export interface SpanStore extends Omit<SpanCollector, 'latest' | 'wallMs' | 'boot'> {
  add(span: FinishedSpan): void;
  /** The traces that a span ended of last, the latest first. */
  traces(): readonly string[];
}

/** Whose spans they are. */
interface Place {
  readonly node: string;
  readonly tier: string;
  readonly boot?: string | undefined;
}

/** An empty store for the spans of `place`. */
export function createSpanStore(place: Place, capacity: number): SpanStore {
  return new SpanRing(place, capacity);
}

class SpanRing implements SpanStore {
  private readonly place: Place;
  private readonly capacity: number;
  private readonly spans: FinishedSpan[] = [];
  private next = 0;
  taken = 0;

  constructor(place: Place, capacity: number) {
    this.place = place;
    this.capacity = capacity;
  }

  get held(): number {
    return this.spans.length;
  }

  get evicted(): number {
    return this.taken - this.spans.length;
  }

  add(span: FinishedSpan): void {
    this.spans[this.next] = span;
    this.next = (this.next + 1) % this.capacity;
    this.taken += 1;
  }

  traces(): readonly string[] {
    const newestLast = [...this.spans.slice(this.next), ...this.spans.slice(0, this.next)];
    return [...new Set(newestLast.reverse().map(({ traceId }) => traceId))];
  }

  collect(traceId: string): readonly SpanRecord[] {
    return this.spans
      .filter(span => span.traceId === traceId)
      .sort((a, b) => a.startMs - b.startMs)
      .slice(-MAX_COLLECTED_SPANS)
      .map(span => toRecord(span, this.place));
  }
}

/** A finished span as it travels. */
export function toRecord(span: FinishedSpan, place: Place): SpanRecord {
  const { traceId, spanId, parentId, name, kind, startMs, durationMs, error, events, links } = span;
  const { node, tier, boot } = place;
  const status = error === undefined ? 'ok' : 'error';
  return {
    ...{ traceId, spanId, parentId, name, kind, node, tier, ...(boot === undefined ? {} : { boot }) },
    ...{ startMs, durationMs, status, attributes: span.attributes(), events, links },
  };
}
