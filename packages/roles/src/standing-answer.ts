// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from './ask-contract.ts';

/** How an answer stands while it is under way. Whoever answers says so; the deadline asks. */
export interface StandingAnswer {
  /** From now on `sumUp` tells, of `tokens` where they are known here; they may grow. */
  follow(sumUp: () => AnswerSummary, tokens?: readonly number[]): void;
  /** Token ids of the answer as it stands; none where another node says it. */
  tokens(): readonly number[];
  /** The summary of now; undefined before anybody began to answer. */
  summary(): AnswerSummary | undefined;
}

/** One that nobody has begun. */
export function createStandingAnswer(): StandingAnswer {
  let sumUpNow: (() => AnswerSummary) | undefined;
  let tokensNow: readonly number[] = [];
  return {
    follow: (sumUp, tokens = []) => {
      sumUpNow = sumUp;
      tokensNow = tokens;
    },
    tokens: () => tokensNow,
    summary: () => sumUpNow?.(),
  };
}
