// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { type ClockSample, drawTraceTree, durationText, MAX_LISTED_TRACES, type TraceSummary } from '@aiflow/telemetry';
import type { Clock } from '@aiflow/time';
import { type Gathered, gatherTrace, gatherTraces, type TracePart, type TraceSource } from '../client/collect-trace.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { type Column, formatTable } from './format-table.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** Settings of `aiflow trace ID`. */
export interface ShowTraceOptions {
  readonly traceId: string;
  readonly clock: Clock;
  readonly json: boolean;
  /** Of spans that are alike under one parent so many are drawn. */
  readonly keepAlike: number;
}

const TRACE_ID = /^[0-9a-f]{32}$/;

/** Throws `invalid-argument` for what is no trace id. */
export function parseTraceId(text: string): string {
  const traceId = text.toLowerCase();
  if (TRACE_ID.test(traceId)) return traceId;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new AiflowError('invalid-argument', `trace id ${shown} is not 32 hex digits: aiflow trace lists the latest`);
}

/** `aiflow trace ID`: what all nodes know of one trace. Throws `not-found` when none does, `unavailable` when none answers. */
export async function showTrace(terminal: Terminal, source: TraceSource, options: ShowTraceOptions): Promise<number> {
  const { traceId, json, keepAlike } = options;
  const gathered = await gatherTrace(source, traceId, options.clock);
  requireAnswer(gathered);
  const parts = [...gathered.parts];
  const spans = parts.flatMap(([, part]) => part.spans);
  if (spans.length === 0) throw unknownTrace(traceId, gathered);
  const clocks = new Map(parts.flatMap(([, { clock }]) => (clock === undefined ? [] : [[clock.name, clock] as const])));
  if (json) {
    const nodes = parts.map(([node, { spans: own, clock }]) => ({ node, spans: own.length, ...readingOf(clock) }));
    terminal.out(`${JSON.stringify({ traceId, spans, nodes, missing: gathered.missing })}\n`);
    return EXIT_STATUS.ok;
  }
  const color = terminal.color.isColorSupported;
  terminal.out(drawTraceTree(spans, { width: terminal.columns, color, keepAlike, clocks }));
  reportMissing(terminal, gathered);
  return EXIT_STATUS.ok;
}

/** As people read it: the name of a clock is for the drawing alone. */
function readingOf(clock: TracePart['clock']): { readonly clock?: ClockSample } {
  if (clock === undefined) return {};
  const { aheadMs, uncertaintyMs } = clock;
  return { clock: { aheadMs, uncertaintyMs } };
}

/** A trace as the nodes that know of it sum it up. */
interface ListedTrace extends TraceSummary {
  /** That of the first span first. */
  readonly nodes: readonly string[];
}

/** `aiflow trace`: the latest traces. Throws `unavailable` when no node answers. */
export async function showTraces(
  terminal: Terminal,
  source: TraceSource,
  { json, limit }: { readonly json: boolean; readonly limit: number },
): Promise<number> {
  const gathered = await gatherTraces(source, Math.min(limit, MAX_LISTED_TRACES));
  requireAnswer(gathered);
  const traces = mergeSummaries(gathered.parts).slice(0, limit);
  if (json) {
    terminal.out(`${JSON.stringify({ traces, missing: gathered.missing })}\n`);
    return EXIT_STATUS.ok;
  }
  if (traces.length === 0) terminal.err('no node knows of a trace yet: aiflow ask makes one\n');
  else terminal.out(formatTable(TRACE_COLUMNS, traces));
  reportMissing(terminal, gathered);
  return EXIT_STATUS.ok;
}

const TRACE_COLUMNS: readonly Column<ListedTrace>[] = [
  { title: 'TRACE', value: trace => trace.traceId },
  { title: 'ROOT', value: trace => printable(trace.name).slice(0, 40) },
  { title: 'AGE', value: trace => durationText(trace.ageMs), align: 'right' },
  { title: 'TOOK', value: trace => durationText(trace.durationMs), align: 'right' },
  { title: 'SPANS', value: trace => String(trace.spans), align: 'right' },
  { title: 'FAILED', value: trace => (trace.failed === 0 ? '-' : String(trace.failed)), align: 'right' },
  { title: 'NODES', value: trace => trace.nodes.join(' ') },
];

/** The youngest first. The node with the first span speaks for the trace; clocks of others are not compared. */
function mergeSummaries(parts: ReadonlyMap<string, readonly TraceSummary[]>): readonly ListedTrace[] {
  const merged = new Map<string, ListedTrace>();
  for (const [node, summaries] of parts) {
    for (const summary of summaries) {
      const known = merged.get(summary.traceId);
      merged.set(summary.traceId, known === undefined ? { ...summary, nodes: [node] } : join(known, summary, node));
    }
  }
  return [...merged.values()].sort((a, b) => a.ageMs - b.ageMs);
}

function join(known: ListedTrace, summary: TraceSummary, node: string): ListedTrace {
  const speaks = summary.isRoot && !known.isRoot;
  return {
    ...(speaks ? summary : known),
    durationMs: Math.max(known.durationMs, summary.durationMs),
    spans: known.spans + summary.spans,
    failed: known.failed + summary.failed,
    nodes: speaks ? [node, ...known.nodes] : [...known.nodes, node],
  };
}

function requireAnswer({ parts, missing }: Gathered<unknown>): void {
  if (parts.size > 0) return;
  const reasons = missing.length === 0 ? 'none is known' : describe(missing);
  throw new AiflowError('unavailable', `no node could be asked for its traces: ${reasons}; see aiflow doctor`);
}

function unknownTrace(traceId: string, { parts, missing }: Gathered<unknown>): AiflowError {
  const elsewhere = missing.length === 0 ? '' : `, and these could not be asked: ${describe(missing)}`;
  return new AiflowError(
    'not-found',
    `trace ${traceId} is known to none of ${[...parts.keys()].join(', ')}${elsewhere}; aiflow trace lists the latest`,
  );
}

function reportMissing(terminal: Terminal, { missing }: Gathered<unknown>): void {
  if (missing.length === 0) return;
  terminal.err(`not reached, so what they know is missing: ${printable(describe(missing))}\n`);
}

function describe(missing: Gathered<unknown>['missing']): string {
  return missing.map(({ node, reason }) => `${node} (${reason})`).join(', ');
}
