// SPDX-License-Identifier: Apache-2.0
//
// What two spans of different nodes say of the nodes' clocks. Nothing begins before it was asked for, and what was
// waited for ends within the waiting: that is certain. That a message which nobody waits for is handled soon is likely.
import { ATTRIBUTES, SPAN_NAMES } from './names.ts';
import type { SpanRecord } from './span-record.ts';
import type { SpanTree } from './trace-forest.ts';

/** By how much one clock may be ahead of another: from `low` to `high`. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** What one pair of spans says. */
export interface PairBounds {
  readonly certain: Bounds;
  /** Where certainty leaves one side open: what is taken if it does not contradict. */
  readonly likely: Bounds;
  /** The likeliest value of all: a message's way takes next to no time. */
  readonly likeliest: number | undefined;
}

/** A message that nobody waits for is taken to be handled within this time; a longer gap is a clock that is ahead. */
const MAX_DELAY_MS = 60_000;

/** How far the child's clock is ahead of its parent's. */
export function boundsOf(parent: SpanTree, child: SpanRecord): PairBounds {
  const { span } = parent;
  const high = child.startMs - span.startMs;
  const low = child.startMs + child.durationMs - (span.startMs + span.durationMs);
  if (isWaiting(span) && low <= high) return { certain: { low, high }, likely: { low, high }, likeliest: undefined };
  if (span.kind === 'producer') return begun(high, high);
  const wait = parent.children.find(({ span: sibling }) => isWaitFor(sibling, span, child.node))?.span;
  if (wait === undefined) return { certain: { low: Number.NEGATIVE_INFINITY, high }, likely: EVERY, likeliest: high };
  const delivered = child.startMs - (wait.startMs + wait.durationMs);
  return begun(high, delivered, Math.min(high, delivered + MAX_DELAY_MS)); // its receipt may come after the work began
}

const EVERY: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** Only asks wait for what they caused; work that another node finished later began when it liked. */
export function isWaiting({ kind }: SpanRecord): boolean {
  return kind === 'client';
}

/** The child began at `likeliest` or soon after. */
function begun(high: number, likeliest: number, likelyHigh = high): PairBounds {
  return {
    certain: { low: Number.NEGATIVE_INFINITY, high },
    likely: { low: likeliest - MAX_DELAY_MS, high: likelyHigh },
    likeliest,
  };
}

/** The parent's work for `peer` lay in an outbox: it was there when the wait ended. */
function isWaitFor(span: SpanRecord, parent: SpanRecord, peer: string): boolean {
  if (span.name !== SPAN_NAMES.outboxWait || span.node !== parent.node) return false;
  return span.attributes[ATTRIBUTES.peerNode] === peer;
}

/** The same, seen from the other clock. */
export function reversed({ certain, likely, likeliest }: PairBounds): PairBounds {
  const turn = ({ low, high }: Bounds): Bounds => ({ low: -high, high: -low });
  return { certain: turn(certain), likely: turn(likely), likeliest: likeliest === undefined ? undefined : -likeliest };
}

/** What both say; `a` where they contradict each other, as when a clock was set in between. */
export function agreement(a: Bounds, b: Bounds): Bounds {
  const both = { low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) };
  return both.low <= both.high ? both : a;
}
