// SPDX-License-Identifier: Apache-2.0
import type { AcceptanceFacts } from './snapshot.ts';

/** First place, counted from the last rejection, of each group that acceptance is counted in. */
export const POSITION_GROUPS: readonly number[] = [0, 1, 2, 4, 8, 16, 32];

/** The group of a place: 0, 1, 2-3, 4-7, 8-15, 16-31, 32 and on. */
export function positionGroup(position: number): number {
  return Math.max(
    0,
    POSITION_GROUPS.findLastIndex(first => position >= first),
  );
}

/** Acceptance by group as acceptance by place. */
export function byPosition(groups: readonly number[]): readonly number[] {
  const last = POSITION_GROUPS.at(-1) ?? 0;
  return Array.from({ length: last + 1 }, (_, position) => groups[positionGroup(position)] ?? UNKNOWN_ACCEPTANCE);
}

/** Of a pair nothing is known of. */
export const UNKNOWN_ACCEPTANCE = 0.8;

/** Chance by place that a proposed token is right, from place 0 to `most - 1`. */
export function acceptanceTable(
  facts: readonly AcceptanceFacts[],
  pair: { readonly draftExit: number; readonly judgeExit: number },
  most: number,
): readonly number[] {
  const known = facts.find(({ draftExit, judgeExit }) => draftExit === pair.draftExit && judgeExit === pair.judgeExit);
  const values = known === undefined || known.byPosition.length === 0 ? [UNKNOWN_ACCEPTANCE] : known.byPosition;
  return Array.from({ length: most }, (_, place) => clampShare(values[Math.min(place, values.length - 1)]));
}

function clampShare(value: number | undefined): number {
  return Math.min(1, Math.max(0, value ?? UNKNOWN_ACCEPTANCE));
}
