// SPDX-License-Identifier: Apache-2.0
//
// Sends finished spans to an OpenTelemetry collector.
//
// X1  At most `maxQueuedSpans` wait or are under way; one more is dropped and counted.
// X2  A collector that is slow, refuses or is not there never disturbs the work: failures are counted, nothing throws.
// X3  Every span taken ends up in exactly one of: exported, failed, dropped.
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { FinishedSpan } from './finished-span.ts';
import type { SpanPipeline } from './otlp-sdk.ts';
import type { Attributes } from './span-record.ts';

/** Settings of a span exporter. */
export interface SpanExporterOptions {
  /** The collector's base URL, as OTEL_EXPORTER_OTLP_ENDPOINT has it: spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  /** Describes this node: service name and the like. */
  readonly resource: Attributes;
  /** Default 2 048. */
  readonly maxQueuedSpans?: number;
  /** Spans wait this long for others to share a request. Default 1 000. */
  readonly batchDelayMs?: number;
  /** Default 5 000. */
  readonly exportTimeoutMs?: number;
  /** The longest `shutdown` waits for what is queued. Default 2 000. */
  readonly shutdownTimeoutMs?: number;
}

/** What became of spans. */
interface SpanExportCounts {
  readonly exported: number;
  readonly failed: number;
  readonly dropped: number;
}

/** A way out for spans. */
export interface SpanExporter {
  add(span: FinishedSpan): void;
  counts(): SpanExportCounts;
  /** Sends what is queued now; resolves when it was accepted or given up. */
  flush(): Promise<void>;
  /** Sends what is queued, within its time, and stops. Never rejects. */
  shutdown(): Promise<void>;
}

/** Starts a span exporter. Throws `invalid-argument` when the endpoint is not a http or https URL. */
export function createSpanExporter(
  collaborators: { readonly clock: Clock },
  options: SpanExporterOptions,
): SpanExporter {
  return new CountingSpanExporter(collaborators.clock, options, tracesUrl(options.endpoint));
}

class CountingSpanExporter implements SpanExporter {
  private readonly clock: Clock;
  private readonly maxQueuedSpans: number;
  private readonly shutdownTimeoutMs: number;
  private readonly loading: Promise<SpanPipeline | undefined>;
  private pipeline: SpanPipeline | undefined;
  /** Spans that came while the SDK was being loaded. */
  private early: FinishedSpan[] = [];
  private queued = 0;
  private exported = 0;
  private failed = 0;
  private dropped = 0;
  private closed = false;

  constructor(clock: Clock, options: SpanExporterOptions, url: string) {
    this.clock = clock;
    this.maxQueuedSpans = options.maxQueuedSpans ?? 2048;
    this.shutdownTimeoutMs = options.shutdownTimeoutMs ?? 2000;
    this.loading = this.load(options, url);
  }

  add(span: FinishedSpan): void {
    if (this.closed || this.queued >= this.maxQueuedSpans) {
      this.dropped += 1;
      return;
    }
    this.queued += 1;
    if (this.pipeline === undefined) this.early.push(span);
    else this.pipeline.add(span);
  }

  counts(): SpanExportCounts {
    return { exported: this.exported, failed: this.failed, dropped: this.dropped };
  }

  async flush(): Promise<void> {
    const pipeline = await this.loading;
    await pipeline?.flush().catch(COUNTED_ALREADY);
  }

  async shutdown(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const waiting = new AbortController();
    const finished = this.loading.then(pipeline => pipeline?.shutdown()).catch(COUNTED_ALREADY);
    const limit = sleep(this.clock, this.shutdownTimeoutMs, waiting.signal).catch(COUNTED_ALREADY);
    await Promise.race([finished, limit]);
    waiting.abort();
    this.failed += this.queued;
    this.queued = 0;
  }

  private async load(options: SpanExporterOptions, url: string): Promise<SpanPipeline | undefined> {
    try {
      const { createSpanPipeline } = await import('./otlp-sdk.ts');
      const pipeline = createSpanPipeline({
        url,
        resource: options.resource,
        maxQueuedSpans: this.maxQueuedSpans,
        batchDelayMs: options.batchDelayMs ?? 1000,
        exportTimeoutMs: options.exportTimeoutMs ?? 5000,
        onBatch: (spans, accepted) => this.settle(spans, accepted),
      });
      for (const span of this.early) pipeline.add(span);
      this.pipeline = pipeline;
      return pipeline;
    } catch {
      this.settle(this.early.length, false);
      this.closed = true;
      return undefined;
    } finally {
      this.early = [];
    }
  }

  /** X3; a batch that was given up at shutdown is counted there and ignored here. */
  private settle(spans: number, accepted: boolean): void {
    const settled = Math.min(spans, this.queued);
    this.queued -= settled;
    if (accepted) this.exported += settled;
    else this.failed += settled;
  }
}

/** X2: the batch callback has counted the failure before the promise rejects. */
const COUNTED_ALREADY = (): void => undefined;

/** Where a collector takes spans. Throws `invalid-argument` when the endpoint is not a http or https URL. */
export function tracesUrl(endpoint: string): string {
  const base = endpoint.endsWith('/') ? endpoint.slice(0, -1) : endpoint;
  if (/^https?:\/\/[^/]/.test(base) && URL.canParse(base)) return `${base}/v1/traces`;
  throw new AiflowError(
    'invalid-argument',
    `OTLP endpoint ${JSON.stringify(endpoint.slice(0, 200))} is not a http or https URL: use one such as http://localhost:4318`,
  );
}
