// SPDX-License-Identifier: Apache-2.0
import { findPlans, type PlanKind } from '@aiflow/placement';
import { type GridCell, snapshotOf } from './grid-cell.ts';
import type { RecordedCosts } from './recorded-costs.ts';

/** One curve: up to which round trip drafting with the cloud is `gain` times as fast as the cloud alone. */
export interface BreakEvenCurve {
  readonly deviceFactor: number;
  readonly mbitPerSecond: number;
  readonly gain: number;
  readonly points: readonly { readonly agreement: number; readonly rttMs: number }[];
}

/** What the chart shows. */
export const CHART_AGREEMENTS: readonly number[] = Array.from({ length: 31 }, (_, at) => 0.7 + at / 100);
export const CHART_MAX_RTT_MS = 300;

/** From the planner's estimates: device and cloud against the cloud alone, both at their best. */
export function breakEvenCurve(
  recorded: RecordedCosts,
  { deviceFactor, mbitPerSecond, gain }: Omit<BreakEvenCurve, 'points'>,
): BreakEvenCurve {
  const points = CHART_AGREEMENTS.map(agreement => {
    const cell = { deviceFactor, mbitPerSecond, hasEdge: false, draftAgreement: agreement };
    return { agreement, rttMs: longestPaying(rttMs => gainAt(recorded, { ...cell, rttMs }) >= gain) };
  });
  return { deviceFactor, mbitPerSecond, gain, points };
}

function gainAt(recorded: RecordedCosts, cell: GridCell): number {
  const plans = findPlans(snapshotOf(recorded, cell));
  const msOf = (kind: PlanKind): number => plans.find(plan => plan.kind === kind)?.expectedMs ?? Infinity;
  return msOf('hand-over') / msOf('two-tiers');
}

/** The longest round trip at which it pays, by halving; the gain falls with the round trip. */
function longestPaying(pays: (rttMs: number) => boolean): number {
  if (!pays(0)) return 0;
  if (pays(CHART_MAX_RTT_MS)) return CHART_MAX_RTT_MS;
  let [low, high] = [0, CHART_MAX_RTT_MS];
  while (high - low > 2) {
    const middle = (low + high) / 2;
    if (pays(middle)) low = middle;
    else high = middle;
  }
  return low;
}
