// SPDX-License-Identifier: Apache-2.0
//
// Acceptance by place. A place is counted from where the row began that the tier has not rejected since: the first
// tokens after a rejection stand less often than later ones, and a plan of draft lengths goes by that.
import { POSITION_GROUPS, positionGroup } from '@aiflow/placement';
import { type SessionState, withTier } from './session-state.ts';
import type { PositionCount } from './tier-state.ts';

/** Answer positions [from, to) were judged; all stood but the last one if `isLastWrong`. */
export interface JudgedRow {
  readonly from: number;
  readonly to: number;
  readonly isLastWrong: boolean;
}

const NONE: readonly PositionCount[] = POSITION_GROUPS.map(() => ({ judged: 0, accepted: 0 }));

/** The state with a row counted for one tier. */
export function countRow(state: SessionState, index: number, { from, to, isLastWrong }: JudgedRow): SessionState {
  const tier = state.tiers[index];
  if (tier === undefined || to <= from) return state;
  const counts = [...(tier.counts.byPosition ?? NONE)];
  for (let at = from; at < to; at++) {
    const group = positionGroup(at - tier.runFrom);
    const past = counts[group] ?? { judged: 0, accepted: 0 };
    const isWrong = isLastWrong && at === to - 1;
    counts[group] = { judged: past.judged + 1, accepted: past.accepted + (isWrong ? 0 : 1) };
  }
  return withTier(state, index, { counts: { ...tier.counts, byPosition: counts } });
}
