// SPDX-License-Identifier: Apache-2.0
//
// The rim to OpenTelemetry's SDK. Loaded only where spans are exported, for it costs a small board memory and start time.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { FinishedSpan } from './finished-span.ts';
import { ATTRIBUTES } from './names.ts';
import { toReadableSpan } from './readable-span.ts';
import type { Attributes, SpanRecord } from './span-record.ts';

/** Where the batches of {@link createSpanPipeline} go, and how. */
export interface SpanPipelineOptions {
  /** The traces URL, ending in `/v1/traces`. */
  readonly url: string;
  readonly resource: Attributes;
  readonly maxQueuedSpans: number;
  readonly batchDelayMs: number;
  readonly exportTimeoutMs: number;
  /** Told of every batch once it was accepted or given up. */
  readonly onBatch: (spans: number, accepted: boolean) => void;
}

/** Batches spans and posts them. */
export interface SpanPipeline {
  add(span: FinishedSpan): void;
  /** Rejects when a batch was refused. */
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Starts a batching exporter of OTLP over HTTP, in JSON. */
export function createSpanPipeline(options: SpanPipelineOptions): SpanPipeline {
  const resource = resourceFromAttributes({ ...options.resource });
  const exporter = new OTLPTraceExporter({ url: options.url, timeoutMillis: options.exportTimeoutMs });
  const processor = new BatchSpanProcessor(countBatches(exporter, options.onBatch), {
    maxQueueSize: options.maxQueuedSpans,
    maxExportBatchSize: Math.min(512, options.maxQueuedSpans),
    scheduledDelayMillis: options.batchDelayMs,
    exportTimeoutMillis: options.exportTimeoutMs + 1000,
  });
  return {
    add: span => processor.onEnd(toReadableSpan(span, resource)),
    flush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
}

type ExportResultCallback = Parameters<SpanExporter['export']>[1];

const EXPORT_SUCCEEDED = 0;

/** The processor only logs what an exporter refused; this says how many spans each batch had and what became of it. */
function countBatches(exporter: SpanExporter, onBatch: SpanPipelineOptions['onBatch']): SpanExporter {
  return {
    export: (spans: ReadableSpan[], done: ExportResultCallback) =>
      exporter.export(spans, result => {
        onBatch(spans.length, result.code === EXPORT_SUCCEEDED);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

/** What became of a batch. `refused`: the collector will never take it; `unavailable`: later it may. */
export type PostOutcome = 'accepted' | 'refused' | 'unavailable';

/** Posts batches, one call each. */
export interface OtlpPost {
  /** Never rejects. */
  send(spans: readonly SpanRecord[]): Promise<PostOutcome>;
  shutdown(): Promise<void>;
}

/** HTTP says by these that the batch itself is at fault. What else fails may be mended on the other side. */
const REFUSED_STATUS: readonly unknown[] = [400, 413, 415, 422];

/** A way to a collector of OTLP over HTTP, in JSON. */
export function createOtlpPost(options: Pick<SpanPipelineOptions, 'url' | 'resource' | 'exportTimeoutMs'>): OtlpPost {
  const resource = resourceFromAttributes({ ...options.resource });
  const exporter = new OTLPTraceExporter({ url: options.url, timeoutMillis: options.exportTimeoutMs });
  return {
    send: spans =>
      new Promise(resolve =>
        exporter.export(
          spans.map(span => toReadableSpan(describedSpan(span), resource)),
          ({ code, error }) => resolve(code === EXPORT_SUCCEEDED ? 'accepted' : outcomeOf(error)),
        ),
      ),
    shutdown: () => exporter.shutdown(),
  };
}

function outcomeOf(error: Error | undefined): PostOutcome {
  const status = (error as { readonly code?: unknown } | undefined)?.code;
  return REFUSED_STATUS.includes(status) ? 'refused' : 'unavailable';
}

function describedSpan(span: SpanRecord): Parameters<typeof toReadableSpan>[0] {
  const message = String(span.attributes[ATTRIBUTES.errorMessage] ?? '');
  return { ...span, attributes: () => span.attributes, error: span.status === 'ok' ? undefined : { message } };
}
