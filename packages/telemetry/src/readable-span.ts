// SPDX-License-Identifier: Apache-2.0
import {
  type Attributes as ApiAttributes,
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { FinishedSpan } from './finished-span.ts';
import { INSTRUMENTATION_NAME, TELEMETRY_SCHEMA_VERSION } from './names.ts';
import type { SpanKind as OurKind } from './span-record.ts';

/** What OpenTelemetry wants to know of a span. */
type DescribedSpan = Omit<FinishedSpan, 'error'> & { readonly error: { readonly message: string } | undefined };

/** A finished span as OpenTelemetry's exporters want it. Attributes are built when an exporter reads them. */
export function toReadableSpan(span: DescribedSpan, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentId, startMs, durationMs } = span;
  const context = spanContext(traceId, spanId);
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => context,
    ...(parentId === '' ? {} : { parentSpanContext: spanContext(traceId, parentId) }),
    startTime: toHrTime(startMs),
    endTime: toHrTime(startMs + durationMs),
    duration: toHrTime(durationMs),
    status: statusOf(span),
    get attributes(): ApiAttributes {
      return { ...span.attributes() };
    },
    links: span.links.map((link): Link => ({ context: spanContext(link.traceId, link.spanId) })),
    events: span.events.map(event => ({
      name: event.name,
      time: toHrTime(startMs + event.offsetMs),
      attributes: { ...event.attributes },
    })),
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const SCOPE = { name: INSTRUMENTATION_NAME, version: TELEMETRY_SCHEMA_VERSION };

const KINDS: Readonly<Record<OurKind, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

function spanContext(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

function statusOf({ error }: DescribedSpan): SpanStatus {
  return error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error.message };
}

function toHrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
