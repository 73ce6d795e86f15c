// SPDX-License-Identifier: Apache-2.0
export { type AnswerFigures, type AnswerMetrics, createAnswerMetrics } from './answer-metrics.ts';
export { type BatchFigures, createBatchMetrics } from './batch-metrics.ts';
export { clockOf } from './clock-bounds.ts';
export type { ClockSample } from './clock-skew.ts';
export {
  createTelemetry,
  type StartSpanOptions,
  type Telemetry,
  type TelemetryCollaborators,
  type TelemetryOptions,
} from './create-telemetry.ts';
export { type DrawTraceOptions, drawTraceTree } from './draw-trace-tree.ts';
export { durationText } from './duration-text.ts';
export { createHistogram, DURATION_BOUNDS_SECONDS, type Histogram } from './histogram.ts';
export type {
  HistogramSample,
  MetricDeclaration,
  MetricLabels,
  MetricRegistry,
  MetricSample,
} from './metric-registry.ts';
export { ATTRIBUTES, LABELS, METRICS, OPERATIONS, SPAN_NAMES, TELEMETRY_SCHEMA_VERSION } from './names.ts';
export {
  createOutageRecorder,
  type OutageRecorder,
  type OutageRecorderCollaborators,
  type OutageRecorderOptions,
} from './outage-recorder.ts';
export { type OutboxWait, recordOutboxWait } from './outbox-wait.ts';
export type { PastSpanOptions } from './past-span.ts';
export type { Span } from './span.ts';
export type { SpanCollector } from './span-collector.ts';
export {
  type Attributes,
  type AttributeValue,
  MAX_COLLECTED_SPANS,
  parseSpanRecords,
  type SpanEvent,
  type SpanKind,
  type SpanLink,
  type SpanRecord,
} from './span-record.ts';
export {
  openSpanSpool,
  type SpanSpool,
  type SpanSpoolCollaborators,
  type SpanSpoolCounts,
  type SpanSpoolLogger,
  type SpanSpoolOptions,
} from './span-spool.ts';
export {
  type ClockReading,
  type CollectTrace,
  collectTrace,
  createTraceActor,
  type ListTraces,
  listTraces,
  readClock,
  TRACE_ACTOR,
} from './trace-actor.ts';
export { parseTraceParent, type TraceParent } from './trace-parent.ts';
export { MAX_LISTED_TRACES, type TraceSummary } from './trace-summary.ts';
