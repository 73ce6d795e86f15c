// SPDX-License-Identifier: Apache-2.0
//
// What to offer next to whom, as a function of what waits and how each node's lane is.
//
// C1  Items go in order: urgent ones first, then the oldest. One that its node's lane holds back lets none after it to the
//     same node go before it, but for smaller ones while a large one is under way.
// C2  An item that has a place goes to its node and to no other: it may be there already.
// C3  A node holds back its own items alone (NodeLane): one that never answers delays nothing that is for another.
// C4  An item that failed for its own sake waits for its own time; those after it go on.
// C5  An item gets a place only while its stream's window has room; until then it waits.
import type { NodeLane, Readiness } from './node-lane.ts';
import { type StoredItem, targetOf } from './stored-item.ts';

/** What a schedule is made from. */
export interface ScheduleView {
  readonly nowMs: number;
  /** In order (C1). */
  readonly waiting: () => Iterable<StoredItem>;
  /** To how many different nodes and capabilities they go, at most. */
  readonly targets: number;
  /** The node that an item would go to; undefined while none is there. */
  readonly nodeOf: (item: StoredItem) => string | undefined;
  readonly laneOf: (node: string) => NodeLane;
  readonly isInFlight: (id: string) => boolean;
  /** When an item may be offered again (C4). */
  readonly notBeforeMs: (id: string) => number;
  /** C5 */
  readonly hasRoom: (node: string, item: StoredItem) => boolean;
}

/** One item for one node. */
export interface Offer {
  readonly item: StoredItem;
  readonly node: string;
}

/** What the courier does now. */
export interface Schedule {
  /** The next one; undefined when none may go. */
  readonly offer: Offer | undefined;
  /** When another look may find one, if nothing happens before. */
  readonly lookAgainMs: number;
}

/**
 * The next offer. Beginning it changes its lane, so ask again after each. It looks no further than it must: once every
 * target is held back, so is all that comes after.
 */
export function nextOffer(view: ScheduleView): Schedule {
  const held = new Set([NOWHERE]); // nodes, and targets
  let heldTargets = 0;
  let lookAgainMs = Infinity;
  for (const item of view.waiting()) {
    const target = `to ${targetOf(item)}`;
    if (held.has(target) || view.isInFlight(item.id)) continue;
    const node = view.nodeOf(item) ?? NOWHERE; // C2
    const verdict = judge(view, item, node, held);
    if (verdict.kind === 'ready') return { offer: { item, node }, lookAgainMs };
    lookAgainMs = Math.min(lookAgainMs, 'atMs' in verdict ? verdict.atMs : Infinity);
    if (!HOLDING.has(verdict.kind)) continue;
    held.add(target).add(node); // C1
    if (++heldTargets === view.targets) break;
  }
  return { offer: undefined, lookAgainMs };
}

/** `item-not-before`: its own time has not come (C4). */
type Verdict = Readiness | { readonly kind: 'item-not-before'; readonly atMs: number };

/** Where an item goes whose node is not there. */
const NOWHERE = '';
const HOLDING: ReadonlySet<Verdict['kind']> = new Set<Verdict['kind']>(['full', 'not-before']);

function judge(view: ScheduleView, item: StoredItem, node: string, held: ReadonlySet<string>): Verdict {
  if (held.has(node)) return { kind: 'full' };
  const atMs = view.notBeforeMs(item.id);
  if (atMs > view.nowMs) return { kind: 'item-not-before', atMs };
  if (item.place === undefined && !view.hasRoom(node, item)) return { kind: 'busy' }; // C5
  return view.laneOf(node).readiness(item.payload.byteLength, view.nowMs);
}
