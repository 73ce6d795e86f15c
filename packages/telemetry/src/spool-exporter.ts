// SPDX-License-Identifier: Apache-2.0
//
// Sends spooled spans to an OpenTelemetry collector, however long that is away.
//
//   batch of the oldest -> post -> accepted:    position moves on, next batch after `paceMs`
//                               -> refused:     counted, position moves on: this batch would be refused for ever
//                               -> unavailable: the same batch again, after a pause that doubles up to `maxRetryMs`
//
// E1  One batch is under way at a time, at most `BATCH_SPANS` spans and one each `paceMs`: what a tunnel held back comes
//     home beside live traffic, not in front of it.
// E2  The position moves only after the collector accepted, so every span that the spool still holds comes at least once.
// E3  Spans go with the times at which they happened.
import { type Clock, type Random, sleep } from '@aiflow/time';
import type { OtlpPost, PostOutcome } from './otlp-sdk.ts';
import { type SpanExporter, type SpanExporterOptions, tracesUrl } from './span-exporter.ts';
import type { SpanSpool, SpoolBatch } from './span-spool.ts';

/** Settings of a spool exporter. */
export interface SpoolExporterOptions extends Omit<SpanExporterOptions, 'maxQueuedSpans'> {
  /** Between two batches. Default 100. */
  readonly paceMs?: number;
  /** The first pause after the collector was not there. Default 1 000. */
  readonly retryMs?: number;
  /** The longest such pause. Default 60 000. */
  readonly maxRetryMs?: number;
}

/** What a spool exporter works with. */
export interface SpoolExporterCollaborators {
  readonly clock: Clock;
  /** Spreads the pauses of nodes that lost the same collector. */
  readonly random: Random;
  readonly spool: SpanSpool;
}

const BATCH_SPANS = 256;
const MAX_DOUBLINGS = 16;

/** Starts to export what `spool` holds and will hold. Throws `invalid-argument` when the endpoint is not a URL. */
export function createSpoolExporter(
  collaborators: SpoolExporterCollaborators,
  options: SpoolExporterOptions,
): SpanExporter {
  const exporter = new SpoolExporter(collaborators, options, tracesUrl(options.endpoint));
  void exporter.run();
  return exporter;
}

class SpoolExporter implements SpanExporter {
  readonly #collaborators: SpoolExporterCollaborators;
  readonly #options: SpoolExporterOptions;
  readonly #url: string;
  readonly #stopping = new AbortController();
  #post: Promise<OtlpPost> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #exported = 0;
  #failed = 0;

  constructor(collaborators: SpoolExporterCollaborators, options: SpoolExporterOptions, url: string) {
    this.#collaborators = collaborators;
    this.#options = options;
    this.#url = url;
  }

  /** The spool takes the span itself. */
  add(): void {
    return;
  }

  counts(): { readonly exported: number; readonly failed: number; readonly dropped: number } {
    return { exported: this.#exported, failed: this.#failed, dropped: 0 };
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#collaborators;
    const { batchDelayMs = 1000, paceMs = 100 } = this.#options;
    try {
      for (;;) {
        const outcome = await this.#next();
        const pauseMs = outcome === 'unavailable' ? this.#retryMs() : outcome === 'nothing' ? batchDelayMs : paceMs;
        await sleep(clock, pauseMs, signal);
      }
    } catch {
      // the signal ended the sleep
    }
  }

  async flush(): Promise<void> {
    await this.#collaborators.spool.flush();
    for (let outcome = await this.#next(); outcome === 'accepted' || outcome === 'refused'; ) {
      outcome = await this.#next();
    }
  }

  async shutdown(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    const waiting = new AbortController();
    const limitMs = this.#options.shutdownTimeoutMs ?? 2000;
    await Promise.race([
      this.flush(),
      sleep(this.#collaborators.clock, limitMs, waiting.signal).catch(() => undefined),
    ]);
    waiting.abort();
    void this.#post?.then(post => post.shutdown()).catch(() => undefined);
  }

  /** E1 */
  #next(): Promise<PostOutcome | 'nothing'> {
    const turn = this.#turn.then(() => this.#send());
    this.#turn = turn;
    return turn;
  }

  async #send(): Promise<PostOutcome | 'nothing'> {
    const batch = this.#collaborators.spool.unexported(BATCH_SPANS);
    if (batch === undefined) return 'nothing';
    const outcome = await this.#outcomeOf(batch);
    this.#failures = outcome === 'unavailable' ? this.#failures + 1 : 0;
    if (outcome === 'unavailable') return outcome;
    this.#collaborators.spool.markExported(batch.through); // E2
    if (outcome === 'accepted') this.#exported += batch.spans.length;
    else this.#failed += batch.spans.length;
    return outcome;
  }

  async #outcomeOf({ spans }: SpoolBatch): Promise<PostOutcome> {
    try {
      this.#post ??= this.#load();
      return await (await this.#post).send(spans); // E3
    } catch {
      return 'unavailable';
    }
  }

  async #load(): Promise<OtlpPost> {
    const { createOtlpPost } = await import('./otlp-sdk.ts');
    const { resource, exportTimeoutMs = 5000 } = this.#options;
    return createOtlpPost({ url: this.#url, resource, exportTimeoutMs });
  }

  #retryMs(): number {
    const { retryMs = 1000, maxRetryMs = 60_000 } = this.#options;
    const ceilingMs = Math.min(maxRetryMs, retryMs * 2 ** Math.min(this.#failures - 1, MAX_DOUBLINGS));
    return ceilingMs * (0.5 + this.#collaborators.random.next() / 2);
  }
}
