// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type TraceContext } from '@aiflow/protocol';
import { errorAttributes } from './error-attributes.ts';
import type { FinishedSpan, SpanSink } from './finished-span.ts';
import type { Span } from './span.ts';
import type { SpanClock } from './span-clock.ts';
import type { Attributes, AttributeValue, SpanEvent, SpanKind, SpanLink } from './span-record.ts';
import { formatTraceParent, parseTraceParent, type TraceParent } from './trace-parent.ts';

const MAX_ATTRIBUTES = 64;
const MAX_EVENTS = 128;
const MAX_LINKS = 64;
const MAX_EVENT_ATTRIBUTES = 32;
const MAX_TEXT_LENGTH = 1024;

/** What a span made by hand needs. */
export interface ManualSpanCollaborators {
  readonly clock: SpanClock;
  readonly sink: SpanSink;
}

/** What a span made by hand begins with. */
export interface ManualSpanStart {
  readonly name: string;
  readonly self: TraceParent;
  readonly parentId: string;
  readonly attributes: Attributes;
}

/** A span that code opens and closes itself. */
export class ManualSpan implements Span, FinishedSpan {
  readonly recording = true;
  readonly kind: SpanKind = 'internal';
  readonly name: string;
  readonly parentId: string;
  readonly startMs: number;
  readonly events: SpanEvent[] = [];
  readonly links: SpanLink[] = [];
  durationMs = 0;
  error: AiflowError | undefined = undefined;
  private readonly collaborators: ManualSpanCollaborators;
  private readonly self: TraceParent;
  private readonly values = new Map<string, AttributeValue>();
  private readonly startedMs: number;
  private ended = false;

  constructor(collaborators: ManualSpanCollaborators, start: ManualSpanStart) {
    this.collaborators = collaborators;
    this.self = start.self;
    this.name = start.name.slice(0, MAX_TEXT_LENGTH);
    this.parentId = start.parentId;
    this.startedMs = collaborators.clock.nowMs();
    this.startMs = collaborators.clock.wallOf(this.startedMs);
    for (const [name, value] of Object.entries(start.attributes)) this.setAttribute(name, value);
  }

  get traceId(): string {
    return this.self.traceId;
  }

  get spanId(): string {
    return this.self.spanId;
  }

  context(): TraceContext {
    return formatTraceParent(this.self);
  }

  setAttribute(name: string, value: AttributeValue): void {
    if (this.ended || (this.values.size >= MAX_ATTRIBUTES && !this.values.has(name))) return;
    this.values.set(name.slice(0, MAX_TEXT_LENGTH), bounded(value));
  }

  event(name: string, attributes: Attributes = {}): void {
    if (this.ended || this.events.length >= MAX_EVENTS) return;
    const offsetMs = this.collaborators.clock.nowMs() - this.startedMs;
    const entries = Object.entries(attributes).slice(0, MAX_EVENT_ATTRIBUTES);
    const values = Object.fromEntries(entries.map(([key, value]) => [key, bounded(value)]));
    this.events.push({ name: name.slice(0, MAX_TEXT_LENGTH), offsetMs, attributes: values });
  }

  link(other: TraceContext): void {
    const parent = parseTraceParent(other);
    if (this.ended || parent === undefined || this.links.length >= MAX_LINKS) return;
    this.links.push({ traceId: parent.traceId, spanId: parent.spanId });
  }

  end(error?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.durationMs = this.collaborators.clock.nowMs() - this.startedMs;
    this.error = error === undefined ? undefined : AiflowError.from(error);
    this.collaborators.sink(this);
  }

  attributes(): Attributes {
    return { ...Object.fromEntries(this.values), ...errorAttributes(this.error) };
  }
}

/** JSON has no NaN and no infinity; as text they reach other nodes. */
function bounded(value: AttributeValue): AttributeValue {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT_LENGTH);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
