// SPDX-License-Identifier: Apache-2.0
//
// The rim to OpenTelemetry's SDK. Loaded only where spans are exported, for it costs a small board memory and start time.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { FinishedSpan } from './finished-span.ts';
import { toReadableSpan } from './readable-span.ts';
import type { Attributes } from './span-record.ts';

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
