// SPDX-License-Identifier: Apache-2.0
//
// Which of two ways is the better one. Time decides, but messages, energy and privacy have a price that no estimate shows,
// and estimates are off by some per cent: near ties stay at the owner (decision 0011).
import type { RatedPlan } from './explain.ts';

/**
 * A way that leaves the node must be expected to take no more than this share of the owner alone. Where another node says
 * every token the gain rests on nothing but the steps that two nodes state: there it must be twice as large.
 */
const WORTH_LEAVING = { drafting: 0.95, asking: 0.9 };

/** What a way is compared by: its time, more for a way that leaves the node. */
export function priceOf({ plan, ms }: RatedPlan): number {
  if (plan.kind === 'local') return ms;
  return ms / (plan.draftLengths.length > 0 ? WORTH_LEAVING.drafting : WORTH_LEAVING.asking);
}

/** The one of the least price; undefined when there is none. */
export function preferred(all: readonly RatedPlan[]): RatedPlan | undefined {
  const [first, ...others] = all;
  if (first === undefined) return undefined;
  return others.reduce((best, other) => (priceOf(other) < priceOf(best) ? other : best), first);
}
