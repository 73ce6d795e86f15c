// SPDX-License-Identifier: Apache-2.0

/** What a policy may go by. */
export interface DraftLengthFacts {
  /** Share of judged drafted tokens that stood, so far; 1 before any was judged. */
  readonly acceptance: number;
  /** Tokens that wait for a verdict of the reference. */
  readonly unjudged: number;
}

/** Says how many tokens the next draft shall have; at least 1. */
export type DraftLengthPolicy = (facts: DraftLengthFacts) => number;

/** Always `length` tokens. Default 8: measured gains beyond it were small, and every rejection wastes half a draft. */
export function fixedDraftLength(length: number = 8): DraftLengthPolicy {
  const tokens = Math.max(1, Math.floor(length));
  return () => tokens;
}
