// SPDX-License-Identifier: Apache-2.0
import { byPosition, POSITION_GROUPS } from './acceptance.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { AcceptanceFacts } from './snapshot.ts';

/** What became of tokens of one pair of exits, by group of places (`POSITION_GROUPS`). */
export interface AcceptanceCounts {
  readonly draftExit: number;
  readonly judgeExit: number;
  readonly byPosition: readonly { readonly judged: number; readonly accepted: number }[];
}

/** Acceptance as it was measured, on top of what the family's manifest says. */
export interface LearnedAcceptance {
  note(counts: AcceptanceCounts): void;
  /** `prior` with what was learned; with every answer the past weighs a little less. */
  blend(prior: readonly AcceptanceFacts[]): readonly AcceptanceFacts[];
}

/** So many tokens the prior is worth; and so many, in each group, what was learned of all groups. */
const PRIOR_TOKENS = 60;
const POOLED_TOKENS = 60;
const KEPT = 0.97;
const MAX_PAIRS = 32;
const NOTHING: Sum = { judged: 0, accepted: 0 };

interface Sum {
  readonly judged: number;
  readonly accepted: number;
}

/** Knows nothing but the prior. */
export function createLearnedAcceptance(): LearnedAcceptance {
  const sums = createBoundedMap<readonly Sum[]>(MAX_PAIRS);
  return {
    note: ({ draftExit, judgeExit, byPosition: counts }) => {
      const key = `${draftExit} ${judgeExit}`;
      const past = sums.get(key) ?? [];
      const sum = (group: number): Sum => addUp(past[group], counts[group]);
      sums.set(
        key,
        POSITION_GROUPS.map((_, group) => sum(group)),
      );
    },
    blend: prior => prior.map(facts => blendPair(facts, sums.get(`${facts.draftExit} ${facts.judgeExit}`))),
  };
}

function addUp(past: Sum | undefined, fresh: Sum | undefined): Sum {
  return {
    judged: KEPT * (past?.judged ?? 0) + (fresh?.judged ?? 0),
    accepted: KEPT * (past?.accepted ?? 0) + (fresh?.accepted ?? 0),
  };
}

function blendPair(facts: AcceptanceFacts, learned: readonly Sum[] | undefined): AcceptanceFacts {
  if (learned === undefined) return facts;
  const last = facts.byPosition.length - 1;
  const expected = POSITION_GROUPS.map(place => facts.byPosition[Math.min(place, last)] ?? 0);
  const shift = pooledShift(expected, learned);
  const groups = expected.map((share, group) => {
    const { judged, accepted } = learned[group] ?? NOTHING;
    return (accepted + POOLED_TOKENS * clampShare(share + shift)) / (judged + POOLED_TOKENS);
  });
  return { ...facts, byPosition: byPosition(groups) };
}

/** By how much all groups together lie above what was expected of them: single groups see few tokens. */
function pooledShift(expected: readonly number[], learned: readonly Sum[]): number {
  const judged = learned.reduce((sum, group) => sum + group.judged, 0);
  const surplus = learned.reduce((sum, group, at) => sum + group.accepted - group.judged * (expected[at] ?? 0), 0);
  return surplus / (judged + PRIOR_TOKENS);
}

function clampShare(share: number): number {
  return Math.min(1, Math.max(0, share));
}
