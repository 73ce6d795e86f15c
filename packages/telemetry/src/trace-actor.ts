// SPDX-License-Identifier: Apache-2.0
import { type ActorDefinition, defineActor, onAsk } from '@aiflow/actor';
import { AiflowError, type AskContract, jsonAsk } from '@aiflow/protocol';
import type { SpanCollector } from './span-collector.ts';
import { parseSpanRecords, type SpanRecord } from './span-record.ts';

/** Asks a node for the spans it holds of one trace. */
export interface CollectTrace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
}

/** The name of the actor that answers {@link collectTrace} on every node. */
export const TRACE_ACTOR = '$trace';

const TRACE_ID = /^[0-9a-f]{32}$/;

/** Answers with the spans a node holds of a trace, none when it knows nothing of it. */
export const collectTrace: AskContract<CollectTrace, readonly SpanRecord[]> = jsonAsk('aiflow.trace.collect', {
  request: parseCollectTrace,
  reply: parseSpanRecords,
});

/** The actor `$trace`, which gives other nodes the spans of a trace. */
export function createTraceActor(spans: SpanCollector): ActorDefinition<SpanCollector> {
  return defineActor<SpanCollector>({
    name: TRACE_ACTOR,
    create: () => spans,
    handlers: [onAsk(collectTrace, (collector, { traceId }) => collector.collect(traceId))],
  });
}

function parseCollectTrace(json: unknown): CollectTrace {
  const traceId = typeof json === 'object' && json !== null && 'traceId' in json ? json.traceId : undefined;
  if (typeof traceId === 'string' && TRACE_ID.test(traceId)) return { traceId };
  throw new AiflowError('invalid-argument', 'collect needs a traceId of 32 lower-case hex digits');
}
