// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { SpanRecord } from './span-record.ts';

/** What one node knows of a trace, in short. */
export interface TraceSummary {
  readonly traceId: string;
  /** Of the trace's first span where this node has it, else of the earliest that it has. */
  readonly name: string;
  /** Whether this node has the trace's first span. */
  readonly isRoot: boolean;
  /** Since its earliest span here began, by this node's clock; 0 when that was set back since. */
  readonly ageMs: number;
  /** From the first beginning to the last end here. */
  readonly durationMs: number;
  readonly spans: number;
  readonly failed: number;
}

/** The most traces one answer lists. */
export const MAX_LISTED_TRACES = 100;

const TRACE_ID = /^[0-9a-f]{32}$/;
const MAX_NAME_LENGTH = 1024;

/** Sums up the spans that a node has of one trace; undefined for none. */
export function summarizeTrace(spans: readonly SpanRecord[], wallMs: number): TraceSummary | undefined {
  const root = spans.find(({ parentId }) => parentId === '');
  const first = spans.reduce<SpanRecord | undefined>(
    (a, b) => (a === undefined || b.startMs < a.startMs ? b : a),
    root,
  );
  if (first === undefined) return undefined;
  const endMs = spans.reduce((most, { startMs, durationMs }) => Math.max(most, startMs + durationMs), first.startMs);
  return {
    traceId: first.traceId,
    name: (root ?? first).name,
    isRoot: root !== undefined,
    ageMs: Math.max(0, wallMs - first.startMs),
    durationMs: endMs - first.startMs,
    spans: spans.length,
    failed: spans.filter(({ status }) => status === 'error').length,
  };
}

/** Checks summaries that came from another node. Throws `invalid-argument` for what are none. */
export function parseTraceSummaries(json: unknown): readonly TraceSummary[] {
  if (Array.isArray(json) && json.length <= MAX_LISTED_TRACES && json.every(isTraceSummary)) return json;
  throw new AiflowError('invalid-argument', `traces must be a list of at most ${MAX_LISTED_TRACES} summaries`);
}

function isTraceSummary(json: unknown): json is TraceSummary {
  const raw = (json ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof raw.traceId === 'string' &&
    TRACE_ID.test(raw.traceId) &&
    typeof raw.name === 'string' &&
    raw.name.length <= MAX_NAME_LENGTH &&
    typeof raw.isRoot === 'boolean' &&
    [raw.ageMs, raw.durationMs, raw.spans, raw.failed].every(value => typeof value === 'number' && value >= 0)
  );
}
