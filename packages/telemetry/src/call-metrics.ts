// SPDX-License-Identifier: Apache-2.0
//
// What is counted of every exchange.
//
// K1  The number of series is bounded whatever peers send: past `MAX_MESSAGE_TYPES` message types the rest is `other`.
import type { Call, CallOutcome } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { createHistogram, DURATION_BOUNDS_SECONDS, type Histogram } from './histogram.ts';
import type { HistogramSample, MetricRegistry, MetricSample } from './metric-registry.ts';
import { LABELS, METRICS } from './names.ts';

/** Counts exchanges. */
export interface CallMetrics {
  succeeded(call: Call, outcome: CallOutcome, durationMs: number): void;
  failed(call: Call, error: unknown, durationMs: number): void;
}

const MAX_MESSAGE_TYPES = 64;
const OTHER_TYPE = 'other';

/** Exchanges of one direction, kind and message type. */
interface Series {
  readonly direction: Call['direction'];
  readonly kind: Call['kind'];
  readonly messageType: string;
  readonly duration: Histogram;
  readonly mailboxWait: Histogram | undefined;
  succeeded: number;
  readonly failed: Map<string, number>;
  requestBytes: number;
  replyBytes: number;
}

/** Call metrics that show in `registry`. */
export function createCallMetrics(registry: MetricRegistry): CallMetrics {
  const book = new SeriesBook();
  register(registry, book);
  const record = (call: Call, durationMs: number): Series => {
    const series = book.of(call);
    series.duration.observe(durationMs / 1000);
    series.mailboxWait?.observe(call.queuedMs / 1000);
    series.requestBytes += call.requestBytes;
    return series;
  };
  return {
    succeeded: (call, outcome, durationMs) => {
      const series = record(call, durationMs);
      series.succeeded += 1;
      series.replyBytes += outcome.replyBytes;
    },
    failed: (call, error, durationMs) => {
      const { failed } = record(call, durationMs);
      const { code } = AiflowError.from(error);
      failed.set(code, (failed.get(code) ?? 0) + 1);
    },
  };
}

/** Finds the series of a call in one look-up. */
class SeriesBook {
  private readonly byType = new Map<string, Map<string, Series>>();

  of(call: Call): Series {
    const series = this.byType.get(call.messageType)?.get(SLOTS[call.direction][call.kind]);
    return series ?? this.open(call);
  }

  all(): readonly Series[] {
    return [...this.byType.values()].flatMap(slots => [...slots.values()]);
  }

  /** K1 */
  private open({ direction, kind, messageType }: Call): Series {
    const known = this.byType.has(messageType) || this.byType.size < MAX_MESSAGE_TYPES;
    const type = known ? messageType : OTHER_TYPE;
    const slots = this.byType.get(type) ?? new Map<string, Series>();
    this.byType.set(type, slots);
    const slot = SLOTS[direction][kind];
    const series = slots.get(slot) ?? createSeries(direction, kind, type);
    slots.set(slot, series);
    return series;
  }
}

const SLOTS: Readonly<Record<Call['direction'], Readonly<Record<Call['kind'], string>>>> = {
  outbound: { tell: 'out-tell', ask: 'out-ask', stream: 'out-stream' },
  inbound: { tell: 'in-tell', ask: 'in-ask', stream: 'in-stream' },
};

function createSeries(direction: Call['direction'], kind: Call['kind'], messageType: string): Series {
  return {
    direction,
    kind,
    messageType,
    duration: createHistogram(DURATION_BOUNDS_SECONDS),
    mailboxWait: direction === 'inbound' ? createHistogram(DURATION_BOUNDS_SECONDS) : undefined,
    succeeded: 0,
    failed: new Map(),
    requestBytes: 0,
    replyBytes: 0,
  };
}

function register(registry: MetricRegistry, book: SeriesBook): void {
  const { calls, callDuration, mailboxWait, sentBytes, receivedBytes } = METRICS;
  registry.register({ name: calls, help: 'Exchanges that ended, by outcome', type: 'counter' }, () =>
    book.all().flatMap(outcomes),
  );
  registry.registerHistogram(callDuration, 'Time from the start of an exchange to its end', () =>
    book.all().map(series => ({ labels: labelsOf(series), histogram: series.duration })),
  );
  registry.registerHistogram(mailboxWait, 'Time messages lay in a mailbox before they were handled', () =>
    book.all().flatMap(waits),
  );
  registry.register({ name: sentBytes, help: 'Payload bytes sent', type: 'counter' }, () =>
    book.all().map(series => ({
      labels: labelsOf(series),
      value: isOutbound(series) ? series.requestBytes : series.replyBytes,
    })),
  );
  registry.register({ name: receivedBytes, help: 'Payload bytes received', type: 'counter' }, () =>
    book.all().map(series => ({
      labels: labelsOf(series),
      value: isOutbound(series) ? series.replyBytes : series.requestBytes,
    })),
  );
}

function isOutbound(series: Series): boolean {
  return series.direction === 'outbound';
}

function labelsOf({ direction, kind, messageType }: Series): Record<string, string> {
  return { [LABELS.direction]: direction, [LABELS.kind]: kind, [LABELS.messageType]: messageType };
}

function outcomes(series: Series): readonly MetricSample[] {
  const labels = labelsOf(series);
  const ok: MetricSample = { labels: { ...labels, [LABELS.code]: 'ok' }, value: series.succeeded };
  const failures = [...series.failed].map(([code, value]) => ({ labels: { ...labels, [LABELS.code]: code }, value }));
  return [ok, ...failures];
}

function waits(series: Series): readonly HistogramSample[] {
  return series.mailboxWait === undefined ? [] : [{ labels: labelsOf(series), histogram: series.mailboxWait }];
}
