// SPDX-License-Identifier: Apache-2.0

/** What a policy may go by. */
export interface DraftLengthFacts {
  /** Share of judged drafted tokens that stood, so far; 1 before any was judged. */
  readonly acceptance: number;
  /** Tokens that wait for a verdict of the reference. */
  readonly unjudged: number;
  /** Drafts made since the last rejection; 0 for the first one. */
  readonly streak: number;
}

/** Says how many tokens the next draft shall have; at least 1. */
export type DraftLengthPolicy = (facts: DraftLengthFacts) => number;

/** Always `length` tokens. Default 8: measured gains beyond it were small, and every rejection wastes half a draft. */
export function fixedDraftLength(length: number = 8): DraftLengthPolicy {
  return plannedDraftLength([length]);
}

/** The lengths of a plan: of the first, second, ... draft after a rejection; the last goes on for ever. Default 8. */
export function plannedDraftLength(lengths: readonly number[]): DraftLengthPolicy {
  const whole = (lengths.length === 0 ? [8] : lengths).map(length => Math.max(1, Math.floor(length)));
  return ({ streak }) => whole[Math.min(streak, whole.length - 1)] ?? 1;
}
