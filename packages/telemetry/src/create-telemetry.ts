// SPDX-License-Identifier: Apache-2.0
import type { Interceptor } from '@aiflow/actor';
import type { MemberTier, TraceContext } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import { createCallMetrics } from './call-metrics.ts';
import { createSpanCollector } from './collect-spans.ts';
import type { SpanSink } from './finished-span.ts';
import { ManualSpan } from './manual-span.ts';
import { createMetricRegistry, type MetricRegistry } from './metric-registry.ts';
import { ATTRIBUTES, LABELS, METRICS } from './names.ts';
import { createOpenSpans } from './open-spans.ts';
import { createPastSpan, type PastSpanOptions } from './past-span.ts';
import { createSilentSpan, type Span } from './span.ts';
import { createSpanClock } from './span-clock.ts';
import { createSpanStore, type SpanCollector, type SpanStore } from './span-collector.ts';
import { createSpanExporter, type SpanExporter, type SpanExporterOptions } from './span-exporter.ts';
import type { Attributes } from './span-record.ts';
import type { SpanSpool } from './span-spool.ts';
import { createSpoolExporter, type SpoolExporterOptions } from './spool-exporter.ts';
import { createTelemetryInterceptor } from './telemetry-interceptor.ts';
import { createSpanId, createTraceId, formatTraceParent, parseTraceParent, type TraceParent } from './trace-parent.ts';

/** What telemetry works with. */
export interface TelemetryCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Keeps finished spans on the disk: they are then found after a restart, and what a collector could not be given is
   * given later. Telemetry owns it from now on and closes it at `shutdown`. Default: spans live in memory alone.
   */
  readonly spool?: SpanSpool | undefined;
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
  readonly exporting?: Omit<SpanExporterOptions & SpoolExporterOptions, 'endpoint' | 'resource'>;
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
  /** Makes the span of something that is over, and gives its context. */
  recordSpan(name: string, options: PastSpanOptions): TraceContext;
  /** Of each trace with a span by `startSpan` that has not ended, the first such span. At most 256. */
  openSpans(): readonly TraceContext[];
  /** Sends what is queued for export, within 2 s, stops exporting and closes the spool. Never rejects. */
  shutdown(): Promise<void>;
}

/** Starts telemetry. Throws `invalid-argument` when the endpoint is not a URL. */
export function createTelemetry(collaborators: TelemetryCollaborators, options: TelemetryOptions): Telemetry {
  const { node, tier } = options;
  const random = collaborators.random.fork('telemetry');
  const clock = createSpanClock(collaborators.clock);
  const boot = createSpanId(random.fork('boot')).slice(0, 8);
  const store = createSpanStore({ node, tier, boot }, options.spanCapacity ?? 4096);
  const { spool } = collaborators;
  spool?.stampWith(boot);
  const exporter = exporterOf({ ...collaborators, random }, options);
  const metrics = createMetricRegistry({ [LABELS.node]: node, [LABELS.tier]: tier });
  registerSpanMetrics(metrics, { store, exporter, spool });
  const ratio = options.sampleRatio ?? 1;
  const sample = (): boolean => ratio >= 1 || random.next() < ratio;
  const open = createOpenSpans();
  const sink: SpanSink = span => {
    open.ended(span.spanId);
    store.add(span);
    spool?.add(span);
    exporter?.add(span);
  };
  const identify = (parent: TraceContext | undefined): SpanIdentity => {
    const known = parseTraceParent(parent);
    const self: TraceParent = {
      traceId: known?.traceId ?? createTraceId(random),
      spanId: createSpanId(random),
      sampled: known?.sampled ?? sample(),
      tracestate: known?.tracestate ?? '',
    };
    return { self, parentId: known?.spanId ?? '' };
  };
  return {
    interceptor: createTelemetryInterceptor({ clock, random, metrics: createCallMetrics(metrics), sink, sample }),
    spans: createSpanCollector({ store, spool, clock, boot }),
    metrics,
    startSpan: (name, { parent, attributes = {} } = {}) => {
      const identity = identify(parent);
      if (!identity.self.sampled) return createSilentSpan(formatTraceParent(identity.self));
      open.began(identity.self);
      return new ManualSpan({ clock, sink }, { name, ...identity, attributes });
    },
    recordSpan: (name, past) => {
      const identity = identify(past.parent);
      if (identity.self.sampled) sink(createPastSpan(clock, name, identity, past));
      return formatTraceParent(identity.self);
    },
    openSpans: () => open.contexts(),
    shutdown: async () => {
      await exporter?.shutdown();
      await spool?.[Symbol.asyncDispose]();
    },
  };
}

interface SpanIdentity {
  readonly self: TraceParent;
  readonly parentId: string;
}

function exporterOf(
  { clock, random, spool }: TelemetryCollaborators,
  options: TelemetryOptions,
): SpanExporter | undefined {
  if (options.otlpEndpoint === undefined || options.otlpEndpoint === '') return undefined;
  const resource: Attributes = {
    [ATTRIBUTES.serviceName]: 'aiflow',
    [ATTRIBUTES.serviceInstance]: options.node,
    [ATTRIBUTES.fleet]: options.fleet,
    [ATTRIBUTES.node]: options.node,
    [ATTRIBUTES.tier]: options.tier,
  };
  const exporting = { ...options.exporting, endpoint: options.otlpEndpoint, resource };
  if (spool === undefined) return createSpanExporter({ clock }, exporting);
  return createSpoolExporter({ clock, random: random.fork('export'), spool }, exporting);
}

interface SpanSources {
  readonly store: SpanStore;
  readonly exporter: SpanExporter | undefined;
  readonly spool: SpanSpool | undefined;
}

function registerSpanMetrics(metrics: MetricRegistry, { store, exporter, spool }: SpanSources): void {
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
    { labels: { [LABELS.reason]: 'spool-full' }, value: spool?.counts().droppedFull ?? 0 },
    { labels: { [LABELS.reason]: 'spool-behind' }, value: spool?.counts().droppedPending ?? 0 },
  ]);
  metrics.register({ name: METRICS.spanSpool, help: 'What the spool holds of spans', type: 'gauge' }, () => [
    { value: spool?.counts().bytes ?? 0 },
  ]);
  metrics.register(
    { name: METRICS.spanSpoolErrors, help: 'Writes that the disk of the spool refused', type: 'counter' },
    () => [{ value: spool?.counts().errors ?? 0 }],
  );
}
