// SPDX-License-Identifier: Apache-2.0
//
// One interceptor for spans and metrics. It stands on the path of every message, so it allocates little: a span is a
// small object that describes itself only when somebody looks, and a call that is not sampled makes none.
//
// T1  The context that travels with a message names the span of its sender; the context that a handler sees names the
//     span of its handling. So spans nest across nodes.
// T2  The first node of a trace decides whether it is sampled; everyone after it follows.
// T3  Telemetry never changes the outcome of a call.
import {
  type Call,
  type CallObservation,
  type CallOutcome,
  createObservingInterceptor,
  type Interceptor,
} from '@aiflow/actor';
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

/** Puts every exchange in a span, where its trace is sampled, and counts it. */
export function createTelemetryInterceptor(collaborators: TelemetryInterceptorCollaborators): Interceptor {
  const { clock, random, sample } = collaborators;
  return createObservingInterceptor(call => {
    const startedMs = clock.nowMs();
    const parent = parseTraceParent(call.trace);
    const untouched = parent === undefined ? isRuntimeTraffic(call) : !parent.sampled;
    if (untouched) return new Observation(collaborators, call, { startedMs, trace: call.trace, span: undefined });
    const self: TraceParent = {
      traceId: parent?.traceId ?? createTraceId(random),
      spanId: createSpanId(random),
      sampled: parent?.sampled ?? sample(),
      tracestate: parent?.tracestate ?? '',
    };
    const span = self.sampled ? new CallSpan(call, self, parent?.spanId ?? '', clock.wallOf(startedMs)) : undefined;
    return new Observation(collaborators, call, { startedMs, trace: formatTraceParent(self), span });
  });
}

interface Beginning {
  readonly startedMs: number;
  readonly trace: TraceContext | undefined;
  readonly span: CallSpan | undefined;
}

class Observation implements CallObservation {
  readonly trace: TraceContext | undefined;
  private readonly collaborators: TelemetryInterceptorCollaborators;
  private readonly call: Call;
  private readonly startedMs: number;
  private readonly span: CallSpan | undefined;

  constructor(collaborators: TelemetryInterceptorCollaborators, call: Call, { startedMs, trace, span }: Beginning) {
    this.trace = trace;
    this.collaborators = collaborators;
    this.call = call;
    this.startedMs = startedMs;
    this.span = span;
  }

  succeeded(outcome: CallOutcome): void {
    const { clock, metrics, sink } = this.collaborators;
    const durationMs = clock.nowMs() - this.startedMs;
    metrics.succeeded(this.call, outcome, durationMs);
    if (this.span !== undefined) sink(this.span.succeed(outcome, durationMs));
  }

  failed(error: unknown): void {
    const { clock, metrics, sink } = this.collaborators;
    const durationMs = clock.nowMs() - this.startedMs;
    metrics.failed(this.call, error, durationMs);
    if (this.span !== undefined) sink(this.span.fail(error, durationMs));
  }
}

/** Adverts, probes and the like begin no traces: they would only push the traces of work out. */
function isRuntimeTraffic(call: Call): boolean {
  return call.to.actor.startsWith('$');
}
