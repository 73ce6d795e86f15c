// SPDX-License-Identifier: Apache-2.0
//
// How long a message queued on its way, without a shared clock.
//
// Sender and receiver each stamp with their own monotonic clock. The difference of the two stamps is (clock offset +
// transit time); the smallest one seen belongs to the message that waited least, so what another has above it is
// time it spent queueing. Clocks drift apart, therefore the smallest is taken over the last one to two windows only.
//
// T1  The excess is never negative, and 0 for the first message of a link.
// T2  At most `maxLinks` links are remembered; the one silent for longest is forgotten.
import type { Clock } from '@aiflow/time';

/** Tells how much longer than the fastest recent message of its link one took. */
export interface TransitMeter {
  /** Milliseconds of excess for a message from `node`'s boot `bootId` stamped `sentAtMs`. */
  excessMs(node: string, bootId: string, sentAtMs: number): number;
}

interface Link {
  smallest: number;
  previousSmallest: number;
  windowBeganMs: number;
}

/** `windowMs` defaults to 60 000, `maxLinks` to 1 024. */
export function createTransitMeter(
  clock: Clock,
  options: { readonly windowMs?: number; readonly maxLinks?: number } = {},
): TransitMeter {
  const { windowMs = 60_000, maxLinks = 1024 } = options;
  const links = new Map<string, Link>();
  let newest: { readonly node: string; readonly bootId: string; readonly link: Link } | undefined;

  /** The link of the last message, which most are of, is in its place already. */
  const touch = (node: string, bootId: string, nowMs: number): Link => {
    if (newest?.node === node && newest.bootId === bootId) return newest.link;
    const key = `${node}/${bootId}`;
    const link = links.get(key) ?? { smallest: Infinity, previousSmallest: Infinity, windowBeganMs: nowMs };
    links.delete(key);
    links.set(key, link);
    if (links.size > maxLinks) links.delete(links.keys().next().value ?? key);
    newest = { node, bootId, link };
    return link;
  };
  const turnWindow = (link: Link, nowMs: number): void => {
    if (nowMs - link.windowBeganMs < windowMs) return;
    link.previousSmallest = link.smallest;
    link.smallest = Infinity;
    link.windowBeganMs = nowMs;
  };

  return {
    excessMs: (node, bootId, sentAtMs) => {
      const nowMs = clock.nowMs();
      const link = touch(node, bootId, nowMs);
      turnWindow(link, nowMs);
      const difference = nowMs - sentAtMs;
      if (!Number.isFinite(difference)) return 0;
      link.smallest = Math.min(link.smallest, difference);
      return difference - Math.min(link.smallest, link.previousSmallest);
    },
  };
}
