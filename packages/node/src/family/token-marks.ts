// SPDX-License-Identifier: Apache-2.0

/** Draft length at which tokens a verify are stated. */
export const DRAFT_LENGTH = 8;

/** One token of the reference answer: whether an exit chose it after the prefix before it, and by how much. */
export interface TokenMark {
  readonly agrees: boolean;
  /** Between the exit's two best logits. */
  readonly margin: number;
}

/** Rounds of draft and verify that commit an answer: each accepts up to the first wrong token, and adds the verifier's own. */
export function verifyRounds(marks: readonly Pick<TokenMark, 'agrees'>[], draftLength: number = DRAFT_LENGTH): number {
  let rounds = 0;
  for (let at = 0; at < marks.length; rounds++) {
    const wrong = marks.slice(at, at + draftLength).findIndex(({ agrees }) => !agrees);
    at += (wrong === -1 ? draftLength : wrong) + 1;
  }
  return rounds;
}

/** How often an exit's choices differ where it is sure. */
export interface MarginRisk {
  readonly margin: number;
  /** Tokens with at least this margin. */
  readonly tokens: number;
  /** As a share of all tokens. */
  readonly coverage: number;
  /** Share of `tokens` that differ from the deepest exit's; 0 where there are none. */
  readonly risk: number;
  /** One-sided 95 % bound on it (Wilson); tokens of one answer are not independent, so it flatters a little. */
  readonly upper: number;
}

const ONE_SIDED_95 = 1.6449;

/** The measured risk of accepting tokens whose margin is `margin` or more. */
export function riskAt(marks: readonly TokenMark[], margin: number): MarginRisk {
  const sure = marks.filter(mark => mark.margin >= margin);
  const tokens = sure.length;
  const risk = tokens === 0 ? 0 : sure.filter(({ agrees }) => !agrees).length / tokens;
  return {
    margin,
    tokens,
    coverage: marks.length === 0 ? 0 : tokens / marks.length,
    risk,
    upper: upperBound(risk, tokens),
  };
}

function upperBound(share: number, count: number): number {
  if (count === 0) return 1;
  const square = ONE_SIDED_95 ** 2;
  const spread = Math.sqrt((share * (1 - share)) / count + square / (4 * count ** 2));
  return (share + square / (2 * count) + ONE_SIDED_95 * spread) / (1 + square / count);
}
