// SPDX-License-Identifier: Apache-2.0
//
// Each node stamps spans by its own clock. What that clock is off is estimated from the trace itself and from samples of
// the clocks as they stand now, where there are some.
//
// K1  What is certain from the trace narrows first. A sample that contradicts it is of a clock that was set since, and
//     is not used.
// K2  Without a sample clocks are taken to be equal where that fits; else the middle of the bounds is the estimate, as in
//     NTP, and half their width the uncertainty.
// K3  Clocks are compared from node to node, the pairs that are known best first. A node that the trace ties to no
//     other is placed by its sample alone, or not at all.
import { agreement, type Bounds, childBounds, clockOf, type PairBounds, reversed } from './clock-bounds.ts';
import { type SpanTree, type TraceForest, walk } from './trace-forest.ts';

/** How far a node's clock was ahead of the collector's when it was read, give or take `uncertaintyMs`. */
export interface ClockSample {
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
}

/** By how much a clock is ahead, against that which the trace began by; by the name that `clockOf` gives. */
export type ClockSkews = ReadonlyMap<string, number>;

/** The same with what may be wrong with it; the uncertainty is not known where only one side is bounded. */
export interface ClockEstimate {
  readonly aheadMs: number;
  readonly uncertaintyMs: number | undefined;
}

/** Estimates all clocks of a trace, by the name that `clockOf` gives. A clock that fits as it is gets 0. */
export function estimateClocks(
  forest: TraceForest,
  samples: ReadonlyMap<string, ClockSample> = new Map(),
): ReadonlyMap<string, ClockEstimate> {
  const trees = [...forest.roots, ...forest.orphans];
  const pairs = new PairTable(samples);
  for (const tree of trees) pairs.collect(tree);
  const clocks = new Map<string, ClockEstimate>();
  for (const { span } of trees) {
    const clock = clockOf(span);
    if (!clocks.has(clock)) clocks.set(clock, pairs.apart(trees[0] === undefined ? '' : clockOf(trees[0].span), clock));
    pairs.spread(clock, clocks);
  }
  return clocks;
}

const EQUAL: ClockEstimate = { aheadMs: 0, uncertaintyMs: undefined };

/** Which clocks can be compared, and what is known of each pair. */
class PairTable {
  readonly #samples: ReadonlyMap<string, ClockSample>;
  readonly #rows = new Map<string, Map<string, PairBounds>>();

  constructor(samples: ReadonlyMap<string, ClockSample>) {
    this.#samples = samples;
  }

  collect(root: SpanTree): void {
    for (const tree of walk(root)) {
      for (const { span } of tree.children) {
        const clock = clockOf(span);
        if (clock === clockOf(tree.span)) continue;
        const { against, bounds } = childBounds(tree, span);
        if (clock === against) continue;
        this.#narrow(against, clock, bounds);
        this.#narrow(clock, against, reversed(bounds));
      }
    }
  }

  /** From one node to all that are tied to it; K3. */
  spread(from: string, clocks: Map<string, ClockEstimate>): void {
    const reached = [from];
    for (let node = reached.pop(); node !== undefined; node = reached.pop()) {
      const base = clocks.get(node) ?? EQUAL;
      const neighbours = [...(this.#rows.get(node) ?? [])]
        .filter(([other]) => !clocks.has(other))
        .map(([other, pair]) => ({ other, estimate: estimate(pair, this.#sampleOf(node, other)) }))
        .sort((a, b) => widthOf(a.estimate) - widthOf(b.estimate));
      for (const { other, estimate: own } of neighbours) {
        clocks.set(other, sum(base, own));
        reached.unshift(other);
      }
    }
  }

  /** K3: of nodes that no exchange ties together. */
  apart(node: string, other: string): ClockEstimate {
    const sample = node === other ? undefined : this.#sampleOf(node, other);
    return sample === undefined || Math.abs(sample.aheadMs) <= sample.uncertaintyMs ? EQUAL : sample;
  }

  #sampleOf(node: string, other: string): ClockSample | undefined {
    const [one, two] = [this.#samples.get(node), this.#samples.get(other)];
    if (one === undefined || two === undefined) return undefined;
    return { aheadMs: two.aheadMs - one.aheadMs, uncertaintyMs: one.uncertaintyMs + two.uncertaintyMs };
  }

  #narrow(node: string, other: string, bounds: PairBounds): void {
    const row = this.#rows.get(node) ?? new Map<string, PairBounds>();
    this.#rows.set(node, row);
    const known = row.get(other);
    row.set(other, known === undefined ? bounds : both(known, bounds));
  }
}

function both(a: PairBounds, b: PairBounds): PairBounds {
  return {
    certain: agreement(a.certain, b.certain),
    likely: agreement(a.likely, b.likely),
    likeliest: a.likeliest === undefined || b.likeliest === undefined ? undefined : a.likeliest,
  };
}

/** K1, K2 */
function estimate({ certain, likely, likeliest }: PairBounds, sample: ClockSample | undefined): ClockEstimate {
  if (sample !== undefined) {
    const { aheadMs, uncertaintyMs } = sample;
    const sampled = { low: aheadMs - uncertaintyMs, high: aheadMs + uncertaintyMs };
    const narrowed = agreement(certain, sampled);
    if (narrowed !== certain) return middle(narrowed);
  }
  const bounds = isClosed(certain) ? certain : agreement(certain, likely);
  if (bounds.low <= 0 && bounds.high >= 0) return EQUAL;
  if (isClosed(certain) || likeliest === undefined) return middle(bounds);
  return { aheadMs: Math.min(bounds.high, Math.max(bounds.low, likeliest)), uncertaintyMs: undefined };
}

function isClosed({ low, high }: Bounds): boolean {
  return Number.isFinite(low) && Number.isFinite(high);
}

function middle({ low, high }: Bounds): ClockEstimate {
  if (low <= 0 && high >= 0) return EQUAL;
  if (low === Number.NEGATIVE_INFINITY) return { aheadMs: high, uncertaintyMs: undefined };
  if (high === Number.POSITIVE_INFINITY) return { aheadMs: low, uncertaintyMs: undefined };
  return { aheadMs: (low + high) / 2, uncertaintyMs: (high - low) / 2 };
}

function sum(base: ClockEstimate, own: ClockEstimate): ClockEstimate {
  const known = base === EQUAL ? 0 : base.uncertaintyMs;
  const uncertaintyMs = known === undefined || own.uncertaintyMs === undefined ? undefined : known + own.uncertaintyMs;
  if (own === EQUAL) return base;
  return { aheadMs: base.aheadMs + own.aheadMs, uncertaintyMs };
}

function widthOf({ aheadMs, uncertaintyMs }: ClockEstimate): number {
  return uncertaintyMs ?? (aheadMs === 0 ? 0 : Number.POSITIVE_INFINITY);
}
