// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** A value an attribute may have. */
export type AttributeValue = string | number | boolean;

/** Named values; names stand in names.ts. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

const KINDS = ['internal', 'client', 'server', 'producer', 'consumer'] as const;

/** The part a span plays in an exchange: asks are client and server, tells producer and consumer. */
export type SpanKind = (typeof KINDS)[number];

/** Something that happened within a span. */
export interface SpanEvent {
  readonly name: string;
  /** Since the span's start. */
  readonly offsetMs: number;
  readonly attributes: Attributes;
}

/** Another span that this one continues or joins, beside its parent. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
}

/** A finished span as it travels between nodes: plain JSON. */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly node: string;
  readonly tier: string;
  /** Of the process that made it: with each start of a node its clock may be another. Nodes of an earlier build give none. */
  readonly boot?: string;
  /** Milliseconds since the Unix epoch on the clock of `node`. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly status: 'ok' | 'error';
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
}

/** The most spans one answer carries. */
export const MAX_COLLECTED_SPANS = 4096;

/** Checks spans that came from another node. Throws `invalid-argument` naming the span and field. */
export function parseSpanRecords(json: unknown): readonly SpanRecord[] {
  if (!Array.isArray(json) || json.length > MAX_COLLECTED_SPANS) {
    throw new AiflowError('invalid-argument', `spans must be a list of at most ${MAX_COLLECTED_SPANS}`);
  }
  return json.map((entry: unknown, index) => parseSpanRecord(entry, `span ${index}`));
}

/** Checks one span. Throws `invalid-argument`, naming it as `what`. */
export function parseSpanRecord(json: unknown, what: string): SpanRecord {
  const raw = object(json, what);
  return {
    traceId: id(raw.traceId, `${what}.traceId`),
    spanId: id(raw.spanId, `${what}.spanId`),
    parentId: raw.parentId === '' ? '' : id(raw.parentId, `${what}.parentId`),
    name: text(raw.name, `${what}.name`),
    kind: oneOf(KINDS, raw.kind, `${what}.kind`),
    node: text(raw.node, `${what}.node`),
    tier: text(raw.tier, `${what}.tier`),
    ...(raw.boot === undefined ? {} : { boot: text(raw.boot, `${what}.boot`) }),
    startMs: finite(raw.startMs, `${what}.startMs`),
    durationMs: Math.max(0, finite(raw.durationMs, `${what}.durationMs`)),
    status: oneOf(['ok', 'error'] as const, raw.status, `${what}.status`),
    attributes: attributes(raw.attributes, `${what}.attributes`),
    events: list(raw.events, `${what}.events`).map(event => parseEvent(event, `${what}.events`)),
    links: list(raw.links, `${what}.links`).map(link => parseLink(link, `${what}.links`)),
  };
}

function parseEvent(json: unknown, what: string): SpanEvent {
  const raw = object(json, what);
  return {
    name: text(raw.name, `${what}.name`),
    offsetMs: finite(raw.offsetMs, `${what}.offsetMs`),
    attributes: attributes(raw.attributes, `${what}.attributes`),
  };
}

function parseLink(json: unknown, what: string): SpanLink {
  const raw = object(json, what);
  return { traceId: id(raw.traceId, `${what}.traceId`), spanId: id(raw.spanId, `${what}.spanId`) };
}

type Raw = Readonly<Record<string, unknown>>;

const MAX_ENTRIES = 256;
const MAX_TEXT_LENGTH = 1024;
const ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/;

function object(value: unknown, what: string): Raw {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Raw;
  throw refused(what, 'an object');
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length <= MAX_ENTRIES) return value as readonly unknown[];
  throw refused(what, `a list of at most ${MAX_ENTRIES}`);
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) return value;
  throw refused(what, `text of at most ${MAX_TEXT_LENGTH} characters`);
}

function id(value: unknown, what: string): string {
  if (typeof value === 'string' && ID.test(value)) return value;
  throw refused(what, '16 or 32 lower-case hex digits');
}

function finite(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw refused(what, 'a finite number');
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown, what: string): T {
  if ((allowed as readonly unknown[]).includes(value)) return value as T;
  throw refused(what, `one of ${allowed.join(', ')}`);
}

function attributes(value: unknown, what: string): Attributes {
  const entries = Object.entries(object(value, what));
  if (entries.length > MAX_ENTRIES) throw refused(what, `at most ${MAX_ENTRIES} values`);
  for (const [name, entry] of entries) {
    const fits = typeof entry === 'string' ? entry.length <= MAX_TEXT_LENGTH * 4 : isNumberOrFlag(entry);
    if (!fits) throw refused(`${what}.${name.slice(0, 80)}`, 'text, a number or a flag');
  }
  return Object.fromEntries(entries) as Attributes;
}

function isNumberOrFlag(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function refused(what: string, expected: string): AiflowError {
  return new AiflowError('invalid-argument', `${what} must be ${expected}`);
}
