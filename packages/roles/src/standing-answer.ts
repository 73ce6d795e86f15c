// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from './ask-contract.ts';

/** How an answer stands while it is under way. Whoever answers says so; the deadline asks. */
export interface StandingAnswer {
  /** From now on `sumUp` tells. */
  follow(sumUp: () => AnswerSummary): void;
  /** The summary of now; undefined before anybody began to answer. */
  summary(): AnswerSummary | undefined;
}

/** One that nobody has begun. */
export function createStandingAnswer(): StandingAnswer {
  let sumUpNow: (() => AnswerSummary) | undefined;
  return {
    follow: sumUp => {
      sumUpNow = sumUp;
    },
    summary: () => sumUpNow?.(),
  };
}
