// SPDX-License-Identifier: Apache-2.0
//
// One interceptor for spans and metrics. It stands on the path of every message, so it allocates little: a span is a
// small object that describes itself only when somebody looks, and a call that is not sampled makes none.
//
// T1  The context that travels with a message names the span of its sender; the context that a handler sees names the
//     span of its handling. So spans nest across nodes.
// T2  The first node of a trace decides whether it is sampled; everyone after it follows.
// T3  Telemetry never changes the outcome of a call.
import type { Call, CallOutcome, Interceptor } from '@aiflow/actor';
import type { TraceContext } from '@aiflow/protocol';
import type { Random } from '@aiflow/time';
import type { CallMetrics } from './call-metrics.ts';
import { CallSpan } from './call-span.ts';
import type { SpanSink } from './finished-span.ts';
import type { SpanClock } from './span-clock.ts';
import { createSpanId, createTraceId, formatTraceParent, parseTraceParent, type TraceParent } from './trace-parent.ts';

/** What the interceptor works with. */
export interface TelemetryInterceptorCollaborators {
  readonly clock: SpanClock;
  readonly random: Random;
  readonly metrics: CallMetrics;
  readonly sink: SpanSink;
  /** Whether a trace that begins here is sampled. */
  readonly sample: () => boolean;
}

/** Wraps every exchange in a span, where its trace is sampled, and counts it. */
export function createTelemetryInterceptor(collaborators: TelemetryInterceptorCollaborators): Interceptor {
  const { clock, metrics, sink, random, sample } = collaborators;

  const watch = (call: Call, startedMs: number, pending: Promise<CallOutcome>, span?: CallSpan): Promise<CallOutcome> =>
    pending.then(
      outcome => {
        const durationMs = clock.nowMs() - startedMs;
        metrics.succeeded(call, outcome, durationMs);
        if (span !== undefined) sink(span.succeed(outcome, durationMs));
        return outcome;
      },
      (error: unknown) => {
        const durationMs = clock.nowMs() - startedMs;
        metrics.failed(call, error, durationMs);
        if (span !== undefined) sink(span.fail(error, durationMs));
        throw error;
      },
    );

  return (call, next) => {
    const startedMs = clock.nowMs();
    const parent = parseTraceParent(call.trace);
    const untouched = parent === undefined ? isRuntimeTraffic(call) : !parent.sampled;
    if (untouched) return watch(call, startedMs, next(call));
    const self: TraceParent = {
      traceId: parent?.traceId ?? createTraceId(random),
      spanId: createSpanId(random),
      sampled: parent?.sampled ?? sample(),
      tracestate: parent?.tracestate ?? '',
    };
    const span = self.sampled ? new CallSpan(call, self, parent?.spanId ?? '', clock.wallOf(startedMs)) : undefined;
    return watch(call, startedMs, next(withTrace(call, formatTraceParent(self))), span);
  };
}

/** Adverts, probes and the like begin no traces: they would only push the traces of work out. */
function isRuntimeTraffic(call: Call): boolean {
  return call.to.actor.startsWith('$');
}

/** Spelled out, because a spread costs several times as much on this path. */
function withTrace(call: Call, trace: TraceContext): Call {
  return {
    direction: call.direction,
    kind: call.kind,
    from: call.from,
    to: call.to,
    messageType: call.messageType,
    messageId: call.messageId,
    deliveryClass: call.deliveryClass,
    requestBytes: call.requestBytes,
    trace,
    queuedMs: call.queuedMs,
  };
}
