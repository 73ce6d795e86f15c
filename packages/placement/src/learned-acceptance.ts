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
const PRIOR_TOKENS = 240;
const POOLED_TOKENS = 60;
const KEPT = 0.97;
const MAX_PAIRS = 32;
const NOTHING: Sum = { judged: 0, accepted: 0 };
const NOTHING_LEARNED: readonly Sum[] = [];

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
    blend: prior => {
      const learnedOf = (facts: AcceptanceFacts): readonly Sum[] =>
        sums.get(`${facts.draftExit} ${facts.judgeExit}`) ?? NOTHING_LEARNED;
      return prior.map(facts => {
        const alike = prior.filter(({ draftExit }) => draftExit === facts.draftExit);
        return blendPair(facts, learnedOf(facts), pooledShift(alike, learnedOf));
      });
    },
  };
}

function addUp(past: Sum | undefined, fresh: Sum | undefined): Sum {
  return {
    judged: KEPT * (past?.judged ?? 0) + (fresh?.judged ?? 0),
    accepted: KEPT * (past?.accepted ?? 0) + (fresh?.accepted ?? 0),
  };
}

function blendPair(facts: AcceptanceFacts, learned: readonly Sum[], shift: number): AcceptanceFacts {
  if (shift === 0 && learned === NOTHING_LEARNED) return facts;
  const groups = expectedByGroup(facts).map((share, group) => {
    const { judged, accepted } = learned[group] ?? NOTHING;
    return (accepted + POOLED_TOKENS * clampShare(share + shift)) / (judged + POOLED_TOKENS);
  });
  return { ...facts, byPosition: byPosition(groups) };
}

function expectedByGroup({ byPosition: shares }: AcceptanceFacts): readonly number[] {
  return POSITION_GROUPS.map(place => shares[Math.min(place, shares.length - 1)] ?? 0);
}

/**
 * By how much all tokens of one drafter together lie above what was expected of them, whoever judged: single groups see
 * few tokens, and a token that is wrong is wrong for every deeper exit as a rule. So ways are weighed by one evidence.
 */
function pooledShift(pairs: readonly AcceptanceFacts[], learnedOf: (facts: AcceptanceFacts) => readonly Sum[]): number {
  let [judgedTokens, surplus] = [0, 0];
  for (const facts of pairs) {
    const expected = expectedByGroup(facts);
    for (const [group, { judged, accepted }] of learnedOf(facts).entries()) {
      judgedTokens += judged;
      surplus += accepted - judged * (expected[group] ?? 0);
    }
  }
  return surplus / (judgedTokens + PRIOR_TOKENS);
}

function clampShare(share: number): number {
  return Math.min(1, Math.max(0, share));
}
