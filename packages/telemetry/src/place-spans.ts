// SPDX-License-Identifier: Apache-2.0
import { clockOf, isWaiting } from './clock-bounds.ts';
import type { ClockSkews } from './clock-skew.ts';
import { foldAlike } from './fold-alike.ts';
import type { SpanRecord } from './span-record.ts';
import type { SpanTree } from './trace-forest.ts';
import { isAbsence } from './trace-text.ts';

/** Where a span is drawn, on the clock of the node the trace began on. */
export interface PlacedSpan {
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

/** How the spans of one tree are placed. */
export interface PlacingOptions {
  readonly skews: ClockSkews;
  /** What leads to the root. */
  readonly branch: string;
  /** Of spans that are alike under one parent so many are placed. */
  readonly keepAlike: number;
}

interface Pending {
  readonly tree: SpanTree;
  readonly branch: string;
  readonly rail: string;
  readonly within?: PlacedSpan;
  readonly fold?: string | undefined;
}

/** The spans of a tree from top to bottom, each on the common clock. */
export function placeSpans(root: SpanTree, { skews, branch, keepAlike }: PlacingOptions): readonly PlacedSpan[] {
  const placed: PlacedSpan[] = [];
  const pending: Pending[] = [{ tree: root, branch, rail: railOf('', branch) }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { tree, rail, within, fold } = next;
    const own: PlacedSpan = { tree, branch: next.branch, rail, fold, ...interval(tree.span, skews, within) };
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

/** A span that a call of another node waited for is cut to that call; nothing else is. */
function interval(
  span: SpanRecord,
  skews: ClockSkews,
  within: PlacedSpan | undefined,
): { fromMs: number; toMs: number } {
  const fromMs = span.startMs - (skews.get(clockOf(span)) ?? 0);
  const toMs = fromMs + span.durationMs;
  const parent = within?.tree.span;
  if (within !== undefined && isAbsence(span) && toMs > within.fromMs) {
    return { fromMs: Math.max(fromMs, within.fromMs), toMs }; // a trace does not begin with the outage before it
  }
  if (within === undefined || parent === undefined || parent.node === span.node || !isWaiting(parent)) {
    return { fromMs, toMs };
  }
  const from = Math.min(Math.max(fromMs, within.fromMs), within.toMs);
  return { fromMs: from, toMs: Math.max(from, Math.min(toMs, within.toMs)) };
}
