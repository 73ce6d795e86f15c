// SPDX-License-Identifier: Apache-2.0
import { type ClockSkews, estimateClockSkews } from './clock-skew.ts';
import { foldAlike } from './fold-alike.ts';
import { ATTRIBUTES } from './names.ts';
import type { SpanEvent, SpanRecord } from './span-record.ts';
import { buildTraceForest, type SpanTree } from './trace-forest.ts';
import { bytesText, clean, fit, millisecondsText, paint, titleOf } from './trace-text.ts';

/** How a trace is drawn. */
export interface DrawTraceOptions {
  /** Columns of a line. Default 110, at least 60. */
  readonly width?: number;
  /** ANSI colours, one a tier. Default false. */
  readonly color?: boolean;
  /** Of spans that are alike under one parent so many are drawn, and the others summed up. Default: all are drawn. */
  readonly keepAlike?: number;
}

/** Where a span is drawn, on the clock of the node the trace began on. */
interface Placed {
  readonly tree: SpanTree;
  readonly fromMs: number;
  readonly toMs: number;
  /** What leads from the margin to the name. */
  readonly branch: string;
  /** What stands below the branch, in front of the span's own events and children. */
  readonly rail: string;
  /** Sums up its like that are not drawn. */
  readonly fold?: string | undefined;
}

interface Sheet {
  readonly skews: ClockSkews;
  readonly beginMs: number;
  readonly endMs: number;
  readonly nameColumns: number;
  readonly nodeColumns: number;
  readonly barColumns: number;
  readonly color: boolean;
  readonly names: ReadonlyMap<string, string>;
}

const FIGURE_COLUMNS = 22;
const BYTES_COLUMNS = 19;
const MIN_BAR_COLUMNS = 8;
/** Between name, node, bar and figures, with the bar's own edges. */
const GAP_COLUMNS = 6;

/**
 * Draws one trace as a tree: each span with its node, a bar of when it ran, its start and duration in milliseconds and
 * the bytes of request and reply; its events and links below it. Spans of several traces are drawn one after the other.
 *
 * Clocks of nodes that contradict each other are corrected by an estimate, which is stated; what a corrected span
 * still juts out of the span that waited for it is cut off. Text from other nodes is made safe for a terminal.
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
  const skews = estimateClockSkews(forest);
  const { keepAlike = Number.POSITIVE_INFINITY } = options;
  const placed = forest.roots.flatMap(root => place(root, skews, { branch: '', keepAlike }));
  const orphans = forest.orphans.flatMap((orphan, index) =>
    place(orphan, skews, { branch: index === forest.orphans.length - 1 ? '└─ ' : '├─ ', keepAlike }),
  );
  const sheet = layOut([...placed, ...orphans], skews, options);
  const lines = [
    headline(spans, sheet),
    ...skewLines(skews),
    ...placed.flatMap(span => spanLines(span, sheet)),
    ...(orphans.length === 0 ? [] : ['(parent not collected)']),
    ...orphans.flatMap(span => spanLines(span, sheet)),
  ];
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`;
}

interface Pending {
  readonly tree: SpanTree;
  readonly branch: string;
  readonly rail: string;
  readonly within?: Placed;
  readonly fold?: string | undefined;
}

/** The spans of a tree from top to bottom, each on the common clock. */
function place(
  root: SpanTree,
  skews: ClockSkews,
  { branch, keepAlike }: { readonly branch: string; readonly keepAlike: number },
): readonly Placed[] {
  const placed: Placed[] = [];
  const pending: Pending[] = [{ tree: root, branch, rail: railOf('', branch) }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { tree, rail, within, fold } = next;
    const own: Placed = { tree, branch: next.branch, rail, fold, ...interval(tree.span, skews, within) };
    placed.push(own);
    const drawn = foldAlike(tree.children, keepAlike);
    const last = drawn.length - 1;
    for (const [index, child] of [...drawn.entries()].reverse()) {
      const step = index === last ? '└─ ' : '├─ ';
      pending.push({ ...child, branch: rail + step, rail: railOf(rail, step), within: own });
    }
  }
  return placed;
}

/** Indents no deeper than this, so that a deep trace leaves room for names. */
const MAX_RAIL_COLUMNS = 24;

function railOf(rail: string, step: string): string {
  if (step === '' || rail.length >= MAX_RAIL_COLUMNS) return rail;
  return rail + (step.startsWith('├') ? '│  ' : '   ');
}

/** A span that another node waited for is cut to the waiting span; nothing else is. */
function interval(span: SpanRecord, skews: ClockSkews, within: Placed | undefined): { fromMs: number; toMs: number } {
  const fromMs = span.startMs - (skews.get(span.node) ?? 0);
  const toMs = fromMs + span.durationMs;
  const parent = within?.tree.span;
  if (within === undefined || parent === undefined || parent.node === span.node || parent.kind === 'producer') {
    return { fromMs, toMs };
  }
  const from = Math.min(Math.max(fromMs, within.fromMs), within.toMs);
  return { fromMs: from, toMs: Math.max(from, Math.min(toMs, within.toMs)) };
}

function layOut(placed: readonly Placed[], skews: ClockSkews, options: DrawTraceOptions): Sheet {
  const width = Math.max(60, options.width ?? 110);
  const longest = (texts: readonly number[]): number => texts.reduce((most, length) => Math.max(most, length), 0);
  const nodeColumns = Math.min(
    Math.floor(width * 0.2),
    longest(placed.map(({ tree }) => clean(tree.span.node).length)),
  );
  const nameColumns = Math.min(
    Math.floor(width * 0.4),
    width - nodeColumns - FIGURE_COLUMNS - MIN_BAR_COLUMNS - GAP_COLUMNS,
    longest(placed.map(({ branch, tree }) => branch.length + titleOf(tree.span).length)),
  );
  const barColumns = Math.max(
    MIN_BAR_COLUMNS,
    width - nameColumns - nodeColumns - FIGURE_COLUMNS - BYTES_COLUMNS - GAP_COLUMNS,
  );
  return {
    skews,
    beginMs: placed.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY),
    endMs: placed.reduce((most, { toMs }) => Math.max(most, toMs), Number.NEGATIVE_INFINITY),
    nameColumns,
    nodeColumns,
    barColumns,
    color: options.color === true,
    names: new Map(placed.map(({ tree }) => [tree.span.spanId, `${titleOf(tree.span)} on ${clean(tree.span.node)}`])),
  };
}

function headline(spans: readonly SpanRecord[], { beginMs, endMs }: Sheet): string {
  const nodes = new Set(spans.map(({ node }) => node)).size;
  const failed = spans.filter(({ status }) => status === 'error').length;
  const parts = [
    `trace ${clean(spans[0]?.traceId ?? '')}`,
    `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`,
    `${spans.length} ${spans.length === 1 ? 'span' : 'spans'}`,
    millisecondsText(endMs - beginMs),
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ];
  return parts.join('  ');
}

/** Below this, a difference is within what stamping itself costs. */
const STATED_SKEW_MS = 0.05;

function skewLines(skews: ClockSkews): readonly string[] {
  return [...skews]
    .filter(([, skewMs]) => Math.abs(skewMs) >= STATED_SKEW_MS)
    .map(([node, skewMs]) => {
      const direction = skewMs > 0 ? 'ahead' : 'behind';
      return `clock of ${clean(node)} is about ${millisecondsText(Math.abs(skewMs))} ${direction}; its spans are shifted`;
    });
}

function spanLines(placed: Placed, sheet: Sheet): readonly string[] {
  const { tree, branch, rail } = placed;
  const { span } = tree;
  const name = fit(`${branch}${titleOf(span)}`, sheet.nameColumns);
  const node = paint(fit(clean(span.node), sheet.nodeColumns), span.tier, sheet.color);
  const figures = `${offsetText(placed.fromMs - sheet.beginMs)} ${millisecondsText(span.durationMs).padStart(10)}`;
  const line = [`${name}  ${node} ${bar(placed, sheet)} ${figures}`, bytes(span), failure(span)];
  const notes = [...span.events.map(eventText), ...span.links.map(link => linkText(link.spanId, sheet))];
  const inner = rail + (tree.children.length > 0 ? '│' : ' ');
  const below = placed.fold === undefined ? notes : [...notes, placed.fold];
  return [line.filter(part => part !== '').join('  '), ...below.map(note => `${inner} ${note}`)];
}

function offsetText(offsetMs: number): string {
  return `+${millisecondsText(offsetMs)}`.padStart(11);
}

function bar({ tree, fromMs, toMs }: Placed, { beginMs, endMs, barColumns, color }: Sheet): string {
  const scale = endMs > beginMs ? barColumns / (endMs - beginMs) : 0;
  const from = Math.min(barColumns - 1, Math.floor((fromMs - beginMs) * scale));
  const length = Math.min(barColumns - from, Math.max(1, Math.round((toMs - fromMs) * scale)));
  const drawn = paint('█'.repeat(length), tree.span.tier, color);
  return `▕${' '.repeat(from)}${drawn}${' '.repeat(barColumns - from - length)}▏`;
}

function bytes({ attributes }: SpanRecord): string {
  const request = attributes[ATTRIBUTES.requestBytes];
  const reply = attributes[ATTRIBUTES.replyBytes];
  if (typeof request !== 'number' || typeof reply !== 'number' || request + reply === 0) return '';
  return reply === 0 ? bytesText(request) : `${bytesText(request)} → ${bytesText(reply)}`;
}

function failure({ status, attributes }: SpanRecord): string {
  if (status === 'ok') return '';
  return `✗ ${clean(String(attributes[ATTRIBUTES.errorType] ?? 'error'))}`;
}

function eventText({ name, offsetMs, attributes }: SpanEvent): string {
  const values = Object.entries(attributes).map(([key, value]) => `${clean(key)}=${clean(String(value))}`);
  return ['·', `+${millisecondsText(offsetMs)}`, clean(name), ...values].join(' ');
}

function linkText(spanId: string, { names }: Sheet): string {
  return `↰ joins ${names.get(spanId) ?? `span ${spanId} of another trace`}`;
}
