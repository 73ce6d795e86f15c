// SPDX-License-Identifier: Apache-2.0
import type { Interceptor } from '@aiflow/actor';
import type { MemberTier, TraceContext } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import { createCallMetrics } from './call-metrics.ts';
import type { SpanSink } from './finished-span.ts';
import { ManualSpan } from './manual-span.ts';
import { createMetricRegistry, type MetricRegistry } from './metric-registry.ts';
import { ATTRIBUTES, LABELS, METRICS } from './names.ts';
import { createSilentSpan, type Span } from './span.ts';
import { createSpanClock } from './span-clock.ts';
import { createSpanStore, type SpanCollector, type SpanStore } from './span-collector.ts';
import { createSpanExporter, type SpanExporter, type SpanExporterOptions } from './span-exporter.ts';
import type { Attributes } from './span-record.ts';
import { createTelemetryInterceptor } from './telemetry-interceptor.ts';
import { createSpanId, createTraceId, formatTraceParent, parseTraceParent, type TraceParent } from './trace-parent.ts';

/** What telemetry works with. */
export interface TelemetryCollaborators {
  readonly clock: Clock;
  readonly random: Random;
}

/** Where telemetry stands, and its bounds. */
export interface TelemetryOptions {
  readonly node: string;
  readonly tier: MemberTier;
  readonly fleet: string;
  /** A collector's base URL, as OTEL_EXPORTER_OTLP_ENDPOINT has it. Without one nothing is exported. */
  readonly otlpEndpoint?: string;
  /** Share of the traces that begin here which are sampled, 0 to 1. Default 1. */
  readonly sampleRatio?: number;
  /** Spans that ended here and are kept for others to ask for. Default 4 096. */
  readonly spanCapacity?: number;
  /** Bounds of the export; the endpoint and resource are filled in. */
  readonly exporting?: Omit<SpanExporterOptions, 'endpoint' | 'resource'>;
}

/** Settings of a span made by hand. */
export interface StartSpanOptions {
  /** Default: a trace begins. */
  readonly parent?: TraceContext | undefined;
  readonly attributes?: Attributes;
}

/** Spans and metrics of one node. */
export interface Telemetry {
  /** Give it to the actor system, outermost. */
  readonly interceptor: Interceptor;
  /** The spans that ended here lately; `createTraceActor` lets other nodes ask for them. */
  readonly spans: SpanCollector;
  readonly metrics: MetricRegistry;
  startSpan(name: string, options?: StartSpanOptions): Span;
  /** Sends what is queued for export, within 2 s, and stops exporting. Never rejects. */
  shutdown(): Promise<void>;
}

/** Starts telemetry. Throws `invalid-argument` when the endpoint is not a URL. */
export function createTelemetry(collaborators: TelemetryCollaborators, options: TelemetryOptions): Telemetry {
  const { node, tier } = options;
  const random = collaborators.random.fork('telemetry');
  const clock = createSpanClock(collaborators.clock);
  const store = createSpanStore({ node, tier }, options.spanCapacity ?? 4096);
  const exporter = exporterOf(collaborators.clock, options);
  const metrics = createMetricRegistry({ [LABELS.node]: node, [LABELS.tier]: tier });
  registerSpanMetrics(metrics, store, exporter);
  const ratio = options.sampleRatio ?? 1;
  const sample = (): boolean => ratio >= 1 || random.next() < ratio;
  const sink: SpanSink = span => {
    store.add(span);
    exporter?.add(span);
  };
  const startSpan = (name: string, { parent, attributes = {} }: StartSpanOptions = {}): Span => {
    const known = parseTraceParent(parent);
    const self: TraceParent = {
      traceId: known?.traceId ?? createTraceId(random),
      spanId: createSpanId(random),
      sampled: known?.sampled ?? sample(),
      tracestate: known?.tracestate ?? '',
    };
    if (!self.sampled) return createSilentSpan(formatTraceParent(self));
    return new ManualSpan({ clock, sink }, { name, self, parentId: known?.spanId ?? '', attributes });
  };
  return {
    interceptor: createTelemetryInterceptor({ clock, random, metrics: createCallMetrics(metrics), sink, sample }),
    spans: store,
    metrics,
    startSpan,
    shutdown: async () => exporter?.shutdown(),
  };
}

function exporterOf(clock: Clock, options: TelemetryOptions): SpanExporter | undefined {
  if (options.otlpEndpoint === undefined || options.otlpEndpoint === '') return undefined;
  const resource: Attributes = {
    [ATTRIBUTES.serviceName]: 'aiflow',
    [ATTRIBUTES.serviceInstance]: options.node,
    [ATTRIBUTES.fleet]: options.fleet,
    [ATTRIBUTES.node]: options.node,
    [ATTRIBUTES.tier]: options.tier,
  };
  return createSpanExporter({ clock }, { ...options.exporting, endpoint: options.otlpEndpoint, resource });
}

function registerSpanMetrics(metrics: MetricRegistry, store: SpanStore, exporter: SpanExporter | undefined): void {
  metrics.register({ name: METRICS.spans, help: 'Spans that ended on this node', type: 'counter' }, () => [
    { value: store.taken },
  ]);
  metrics.register({ name: METRICS.spansExported, help: 'Spans a collector accepted', type: 'counter' }, () => [
    { value: exporter?.counts().exported ?? 0 },
  ]);
  metrics.register({ name: METRICS.spansDropped, help: 'Spans given up, by reason', type: 'counter' }, () => [
    { labels: { [LABELS.reason]: 'evicted' }, value: store.evicted },
    { labels: { [LABELS.reason]: 'export-queue-full' }, value: exporter?.counts().dropped ?? 0 },
    { labels: { [LABELS.reason]: 'export-failed' }, value: exporter?.counts().failed ?? 0 },
  ]);
}
