// SPDX-License-Identifier: Apache-2.0
//
// What two spans of different nodes say of the nodes' clocks. Nothing begins before it was asked for, and what was
// waited for ends within the waiting: that is certain. That a message which nobody waits for is handled soon is likely.
import { ATTRIBUTES, SPAN_NAMES } from './names.ts';
import type { SpanRecord } from './span-record.ts';
import type { SpanTree } from './trace-forest.ts';

/** Which clock stamped a span: that of a node, from one of its starts to the next. */
export function clockOf({ node, boot }: Pick<SpanRecord, 'node' | 'boot'>): string {
  return boot === undefined ? node : `${node}${CLOCK_MARK}${boot}`;
}

/** The node whose clock it is. */
export function nodeOfClock(clock: string): string {
  return clock.slice(0, clock.includes(CLOCK_MARK) ? clock.lastIndexOf(CLOCK_MARK) : undefined);
}

const CLOCK_MARK = '\u0000';

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

/** What a child says of its clock, against which other. */
export interface ChildBounds {
  readonly against: string;
  readonly bounds: PairBounds;
}

/** A child whose wait in an outbox is told of is compared with whoever told that; any other with its parent. */
export function childBounds(parent: SpanTree, child: SpanRecord): ChildBounds {
  const { span } = parent;
  const wait = parent.children.find(({ span: sibling }) => isWaitFor(sibling, span, child))?.span;
  if (wait === undefined) return { against: clockOf(span), bounds: boundsOf(span, child) };
  const delivered = child.startMs - (wait.startMs + wait.durationMs);
  const high = child.startMs - wait.startMs;
  const bounds = begun(high, delivered, Math.min(high, delivered + MAX_DELAY_MS)); // its receipt may come after the work began
  return { against: clockOf(wait), bounds };
}

function boundsOf(span: SpanRecord, child: SpanRecord): PairBounds {
  const high = child.startMs - span.startMs;
  const low = child.startMs + child.durationMs - (span.startMs + span.durationMs);
  if (isWaiting(span) && low <= high) return { certain: { low, high }, likely: { low, high }, likeliest: undefined };
  if (span.kind === 'producer') return begun(high, high);
  if (isPut(span, child))
    return { certain: below(high), likely: { low: high - span.durationMs, high }, likeliest: high };
  return { certain: below(high), likely: EVERY, likeliest: high };
}

const EVERY: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
const below = (high: number): Bounds => ({ low: Number.NEGATIVE_INFINITY, high });

/** Only asks wait for what they caused; work that another node finished later began when it liked. */
export function isWaiting({ kind }: SpanRecord): boolean {
  return kind === 'client';
}

/** The child began at `likeliest` or soon after. */
function begun(high: number, likeliest: number, likelyHigh = high): PairBounds {
  return {
    certain: below(high),
    likely: { low: likeliest - MAX_DELAY_MS, high: likelyHigh },
    likeliest,
  };
}

/** The parent put work into its outbox while it ran; this is told of only after a restart, by another clock. */
function isPut(parent: SpanRecord, child: SpanRecord): boolean {
  return child.name === SPAN_NAMES.outboxWait && child.node === parent.node;
}

/** The parent's work for the child's node lay in an outbox: it was there when the wait ended. */
function isWaitFor({ name, node, attributes }: SpanRecord, parent: SpanRecord, child: SpanRecord): boolean {
  if (name !== SPAN_NAMES.outboxWait || node !== parent.node || isWaiting(parent)) return false;
  return attributes[ATTRIBUTES.peerNode] === child.node;
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
