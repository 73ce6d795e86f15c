// SPDX-License-Identifier: Apache-2.0

/** How far some answers are from others. */
export interface MismatchCount {
  /** Committed tokens that were compared. */
  readonly tokens: number;
  /** Places where they differ; one early difference makes most of what follows differ as well. */
  readonly mismatches: number;
  /** Answers with at least one such place. */
  readonly changedAnswers: number;
}

/** Compares committed answers with others of the same questions, place by place, up to `maxTokens`. */
export function countMismatches(
  committed: readonly (readonly number[])[],
  others: readonly (readonly number[])[],
  maxTokens: number,
): MismatchCount {
  let [tokens, mismatches, changedAnswers] = [0, 0, 0];
  for (const [at, whole] of committed.entries()) {
    const answer = whole.slice(0, maxTokens);
    const other = (others[at] ?? []).slice(0, maxTokens);
    const places = Math.max(answer.length, other.length);
    const differing = Array.from({ length: places }, (_, place) => place).filter(
      place => answer[place] !== other[place],
    ).length;
    tokens += answer.length;
    mismatches += differing;
    changedAnswers += differing > 0 ? 1 : 0;
  }
  return { tokens, mismatches, changedAnswers };
}
