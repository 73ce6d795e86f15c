// SPDX-License-Identifier: Apache-2.0
import { nodeOfClock } from './clock-bounds.ts';
import { type ClockEstimate, type ClockSample, estimateClocks } from './clock-skew.ts';
import { differenceText, durationText } from './duration-text.ts';
import { placeSpans } from './place-spans.ts';
import { spanLines } from './span-lines.ts';
import type { SpanRecord } from './span-record.ts';
import { buildTraceForest } from './trace-forest.ts';
import { layOutSheet, type TraceSheet } from './trace-sheet.ts';
import { clean } from './trace-text.ts';

/** How a trace is drawn. */
export interface DrawTraceOptions {
  /** Columns of a line. Default 110, at least 60. */
  readonly width?: number;
  /** ANSI colours, one a tier. Default false. */
  readonly color?: boolean;
  /** Of spans that are alike under one parent so many are drawn, and the others summed up. Default: all are drawn. */
  readonly keepAlike?: number;
  /** How far clocks are ahead now, all against one, by the names that `clockOf` gives. Default: only the trace itself tells. */
  readonly clocks?: ReadonlyMap<string, ClockSample>;
}

/**
 * Draws one trace as a tree: each span with its node, a bar of when it ran, its start and duration in milliseconds and
 * the bytes of request and reply; its events and links below it. Spans of several traces are drawn one after the other.
 *
 * Clocks of nodes that contradict each other are corrected by an estimate, which is stated; what a corrected span
 * still juts out of the call that waited for it is cut off. A long time in which nothing begins or ends takes one column
 * of the bars, marked and stated. Text from other nodes is made safe for a terminal.
 */
export function drawTraceTree(spans: readonly SpanRecord[], options: DrawTraceOptions = {}): string {
  const traces = new Map<string, SpanRecord[]>();
  for (const span of spans) {
    const trace = traces.get(span.traceId);
    if (trace === undefined) traces.set(span.traceId, [span]);
    else trace.push(span);
  }
  if (traces.size === 0) return 'no spans were collected\n';
  return [...traces.values()].map(trace => drawTrace(trace, options)).join('\n');
}

function drawTrace(spans: readonly SpanRecord[], options: DrawTraceOptions): string {
  const forest = buildTraceForest(spans);
  const { width = 110, color = false, keepAlike = Number.POSITIVE_INFINITY } = options;
  const clocks = estimateClocks(forest, options.clocks);
  const skews = new Map([...clocks].map(([node, { aheadMs }]) => [node, aheadMs]));
  const placed = forest.roots.flatMap(root => placeSpans(root, { skews, branch: '', keepAlike }));
  const orphans = forest.orphans.flatMap((orphan, index) =>
    placeSpans(orphan, { skews, branch: index === forest.orphans.length - 1 ? '└─ ' : '├─ ', keepAlike }),
  );
  const sheet = layOutSheet([...placed, ...orphans], { width, color });
  const lines = [
    headline(spans, sheet),
    ...clockLines(clocks),
    ...breakLines(sheet),
    ...placed.flatMap(span => spanLines(span, sheet)),
    ...(orphans.length === 0 ? [] : ['(parent not collected)']),
    ...orphans.flatMap(span => spanLines(span, sheet)),
  ];
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`;
}

function headline(spans: readonly SpanRecord[], { beginMs, endMs }: TraceSheet): string {
  const nodes = new Set(spans.map(({ node }) => node)).size;
  const failed = spans.filter(({ status }) => status === 'error').length;
  const parts = [
    `trace ${clean(spans[0]?.traceId ?? '')}`,
    `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`,
    `${spans.length} ${spans.length === 1 ? 'span' : 'spans'}`,
    durationText(endMs - beginMs),
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ];
  return parts.join('  ');
}

/** Below this, a difference is within what stamping itself costs. */
const STATED_SKEW_MS = 0.05;

function clockLines(clocks: ReadonlyMap<string, ClockEstimate>): readonly string[] {
  const nodes = [...clocks.keys()].map(nodeOfClock);
  return [...clocks]
    .filter(([, { aheadMs }]) => Math.abs(aheadMs) >= STATED_SKEW_MS)
    .map(([clock, { aheadMs, uncertaintyMs }]) => {
      const node = nodeOfClock(clock);
      const which = nodes.indexOf(node) === nodes.lastIndexOf(node) ? 'clock' : 'clock at another start';
      const within = uncertaintyMs === undefined ? 'or so' : `± ${durationText(uncertaintyMs)}`;
      return `${clean(node)} ${which} ${differenceText(aheadMs)} ${within} corrected`;
    });
}

function breakLines({ axis }: TraceSheet): readonly string[] {
  if (axis.breaks.length === 0) return [];
  const lengths = axis.breaks.map(({ fromMs, toMs }) => durationText(toMs - fromMs));
  return [`┊ ${lengths.join(', ')} in which nothing began or ended: left out of the bars`];
}
