// SPDX-License-Identifier: Apache-2.0
import { type ActorDefinition, defineActor, onAsk } from '@aiflow/actor';
import { AiflowError, type AskContract, jsonAsk } from '@aiflow/protocol';
import type { SpanCollector } from './span-collector.ts';
import { parseSpanRecords, type SpanRecord } from './span-record.ts';
import { MAX_LISTED_TRACES, parseTraceSummaries, type TraceSummary } from './trace-summary.ts';

/** Asks a node for the spans it holds of one trace. */
export interface CollectTrace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
}

/** Asks a node for the traces it knows. */
export interface ListTraces {
  /** At most 100. */
  readonly limit: number;
}

/** A node's calendar at the moment it answered. */
export interface ClockReading {
  /** Milliseconds since the Unix epoch, by the clock that stamps its spans. */
  readonly wallMs: number;
  /** As in the spans that this clock stamps. */
  readonly boot?: string;
}

/** The name of the actor that answers {@link collectTrace} on every node. */
export const TRACE_ACTOR = '$trace';

const TRACE_ID = /^[0-9a-f]{32}$/;

/** Answers with the spans a node holds of a trace, in memory and on its disk; none when it knows nothing of it. */
export const collectTrace: AskContract<CollectTrace, readonly SpanRecord[]> = jsonAsk('aiflow.trace.collect', {
  request: parseCollectTrace,
  reply: parseSpanRecords,
});

/** Answers with the traces that a span ended of last on a node, the latest first. */
export const listTraces: AskContract<ListTraces, readonly TraceSummary[]> = jsonAsk('aiflow.trace.list', {
  request: parseListTraces,
  reply: parseTraceSummaries,
});

/** Answers with the time by the node's clock: with the round trip that is a sample of how far that clock is off. */
export const readClock: AskContract<Record<string, never>, ClockReading> = jsonAsk('aiflow.trace.clock', {
  request: () => ({}),
  reply: parseClockReading,
});

/** The actor `$trace`, which gives other nodes the spans of a trace. */
export function createTraceActor(spans: SpanCollector): ActorDefinition<SpanCollector> {
  return defineActor<SpanCollector>({
    name: TRACE_ACTOR,
    create: () => spans,
    handlers: [
      onAsk(collectTrace, (collector, { traceId }) => collector.collect(traceId)),
      onAsk(listTraces, (collector, { limit }) => collector.latest(limit)),
      onAsk(readClock, collector => ({ wallMs: collector.wallMs(), boot: collector.boot })),
    ],
  });
}

function parseCollectTrace(json: unknown): CollectTrace {
  const traceId = fieldOf(json, 'traceId');
  if (typeof traceId === 'string' && TRACE_ID.test(traceId)) return { traceId };
  throw new AiflowError('invalid-argument', 'collect needs a traceId of 32 lower-case hex digits');
}

function parseListTraces(json: unknown): ListTraces {
  const limit = fieldOf(json, 'limit');
  if (Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= MAX_LISTED_TRACES)
    return { limit: Number(limit) };
  throw new AiflowError('invalid-argument', `list needs a limit from 1 to ${MAX_LISTED_TRACES}`);
}

function parseClockReading(json: unknown): ClockReading {
  const wallMs = fieldOf(json, 'wallMs');
  const boot = fieldOf(json, 'boot');
  if (typeof wallMs === 'number' && Number.isFinite(wallMs)) {
    return typeof boot === 'string' && boot.length <= 64 ? { wallMs, boot } : { wallMs };
  }
  throw new AiflowError('invalid-argument', 'a clock reading needs wallMs, a finite number');
}

function fieldOf(json: unknown, field: string): unknown {
  return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>)[field] : undefined;
}
