// SPDX-License-Identifier: Apache-2.0
import type { SpanClock } from './span-clock.ts';
import type { SpanCollector, SpanStore } from './span-collector.ts';
import { MAX_COLLECTED_SPANS, type SpanRecord } from './span-record.ts';
import type { SpanSpool } from './span-spool.ts';
import { summarizeTrace } from './trace-summary.ts';

/** What a collector looks through. */
export interface CollectorSources {
  readonly store: SpanStore;
  /** Without one, what the store no longer holds is gone. */
  readonly spool: SpanSpool | undefined;
  readonly clock: SpanClock;
  readonly boot: string;
}

/** The spans of a node from memory and, where it has one, from its spool. */
export function createSpanCollector({ store, spool, clock, boot }: CollectorSources): SpanCollector {
  const wallMs = (): number => clock.wallOf(clock.nowMs());
  const collect = (traceId: string): readonly SpanRecord[] => {
    if (spool === undefined) return store.collect(traceId);
    const bySpanId = new Map<string, SpanRecord>();
    for (const span of [...spool.collect(traceId), ...store.collect(traceId)]) bySpanId.set(span.spanId, span);
    return [...bySpanId.values()].sort((a, b) => a.startMs - b.startMs).slice(-MAX_COLLECTED_SPANS);
  };
  return {
    collect,
    wallMs,
    boot,
    latest: limit => {
      const known = new Set([...store.traces(), ...(spool?.latest(limit) ?? [])]);
      return [...known].slice(0, limit).flatMap(traceId => summarizeTrace(collect(traceId), wallMs()) ?? []);
    },
    get held() {
      return store.held;
    },
    get taken() {
      return store.taken;
    },
    get evicted() {
      return store.evicted;
    },
  };
}
