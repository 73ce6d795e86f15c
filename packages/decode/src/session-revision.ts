// SPDX-License-Identifier: Apache-2.0
import type { Tier } from '@aiflow/protocol';
import { judgedLength, type SessionState } from './session-state.ts';

/** One state of an answer. A later one replaces it; only what is committed is sure to stay. */
export interface SessionRevision {
  readonly sequence: number;
  /** Who changed the answer last. */
  readonly tier: Tier;
  readonly node: string;
  readonly exit: number;
  readonly tokens: readonly number[];
  /** Leading tokens that no later revision changes. */
  readonly committed: number;
  /** Leading tokens that at least one verifier judged; never less than `committed`. */
  readonly judged: number;
  /** Estimated share of the tokens that will stay, 0 to 1. */
  readonly confidence: number;
  readonly finished: boolean;
}

/** Chance that a token judged by a verifier which is not the reference stays, before anything is known of it. */
const JUDGED_CONFIDENCE = 0.9;

/**
 * Committed tokens count as 1, a drafted one as its chance against the runner-up, the logistic of its margin, which
 * flatters a little as the other candidates are left out.
 */
function confidenceOf({ tokens, margins, committed }: SessionState): number {
  if (tokens.length === 0) return 0;
  const open = margins.slice(committed).map(margin => (margin === undefined ? JUDGED_CONFIDENCE : logistic(margin)));
  const expected = committed + open.reduce((sum, chance) => sum + chance, 0);
  return expected / tokens.length;
}

function logistic(margin: number): number {
  return 1 / (1 + Math.exp(-margin));
}

/** The answer as it stands. `author` tells who is behind an index of the machine. */
export function revisionOf(
  state: SessionState,
  sequence: number,
  author: { readonly tier: Tier; readonly node: string; readonly exit: number },
): SessionRevision {
  return {
    sequence,
    ...author,
    tokens: state.tokens,
    committed: state.committed,
    judged: judgedLength(state),
    confidence: confidenceOf(state),
    finished: state.done,
  };
}
