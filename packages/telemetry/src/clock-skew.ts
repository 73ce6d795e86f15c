// SPDX-License-Identifier: Apache-2.0
//
// Each node stamps spans by its own clock. What a node did for another lies within the asking span, and nothing begins
// before it was sent: each such pair bounds the difference of the two clocks. Where no difference at all fits the
// bounds, clocks are taken to be equal; else the middle of the bounds is the estimate, as in NTP.
import type { SpanRecord } from './span-record.ts';
import { type SpanTree, type TraceForest, walk } from './trace-forest.ts';

/** By how much a node's clock is ahead, against the node the trace began on. */
export type ClockSkews = ReadonlyMap<string, number>;

/** What is known of how far one clock is ahead of another. */
interface Bounds {
  readonly low: number;
  readonly high: number;
  /** The likeliest value where only one side binds, as with a tell whose way takes next to no time. */
  readonly likely: number | undefined;
}

/** A message that nobody waits for is taken to be handled within this time; a longer gap is a clock that is ahead. */
const MAX_DELAY_MS = 60_000;

/** Estimates the clocks of all nodes of a trace. Nodes whose clock fits as it is get 0. */
export function estimateClockSkews(forest: TraceForest): ClockSkews {
  const trees = [...forest.roots, ...forest.orphans];
  const bounds = new BoundsTable();
  for (const tree of trees) bounds.collect(tree);
  const skews = new Map<string, number>();
  for (const { span } of trees) bounds.spread(span.node, skews);
  return skews;
}

/** How far the clock of one node may be ahead of another's. */
class BoundsTable {
  private readonly rows = new Map<string, Map<string, Bounds>>();

  collect(root: SpanTree): void {
    for (const tree of walk(root)) {
      for (const { span } of tree.children) {
        if (span.node === tree.span.node) continue;
        const bounds = boundsOf(tree.span, span);
        this.narrow(tree.span.node, span.node, bounds);
        this.narrow(span.node, tree.span.node, reversed(bounds));
      }
    }
  }

  /** Goes from one node to all it exchanged messages with. */
  spread(from: string, skews: Map<string, number>): void {
    if (!skews.has(from)) skews.set(from, 0);
    const pending = [from];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const base = skews.get(node) ?? 0;
      for (const [other, bounds] of this.rows.get(node) ?? []) {
        if (skews.has(other)) continue;
        skews.set(other, base + estimate(bounds));
        pending.push(other);
      }
    }
  }

  /** A pair that contradicts those before it, as when a clock was set during the trace, changes nothing. */
  private narrow(node: string, other: string, bounds: Bounds): void {
    const row = this.rows.get(node) ?? new Map<string, Bounds>();
    this.rows.set(node, row);
    const known = row.get(other);
    const next = known === undefined ? bounds : intersection(known, bounds);
    if (next.low <= next.high) row.set(other, next);
  }
}

/** How far ahead the child's clock may be. Only a span that was waited for ends within the one that waited. */
function boundsOf(parent: SpanRecord, child: SpanRecord): Bounds {
  const high = child.startMs - parent.startMs;
  const low = child.startMs + child.durationMs - (parent.startMs + parent.durationMs);
  const waitedFor = parent.kind !== 'producer' && low <= high;
  return waitedFor ? { low, high, likely: undefined } : { low: high - MAX_DELAY_MS, high, likely: high };
}

function reversed({ low, high, likely }: Bounds): Bounds {
  return { low: -high, high: -low, likely: likely === undefined ? undefined : -likely };
}

function intersection(a: Bounds, b: Bounds): Bounds {
  const likely = a.likely === undefined || b.likely === undefined ? undefined : a.likely;
  return { low: Math.max(a.low, b.low), high: Math.min(a.high, b.high), likely };
}

function estimate({ low, high, likely }: Bounds): number {
  if (low <= 0 && high >= 0) return 0;
  return likely ?? (low + high) / 2;
}
