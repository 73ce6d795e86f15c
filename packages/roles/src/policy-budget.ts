// SPDX-License-Identifier: Apache-2.0
import type { ExitBudget, ExitPolicy } from '@aiflow/model';
import type { ResolvedPolicy } from './exit-policy.ts';

/** How far an answer is. */
export interface AnswerProgress {
  /** Tokens of the next call. */
  readonly count: number;
  /** Tokens that the rest of the answer is expected to have, with those of the next call. */
  readonly expectedTokens: number;
  readonly remainingMs: number;
  /** Time computed so far. */
  readonly computeMs: number;
}

/** The policy of the next call: of what is left in time and energy it may take its tokens' share. */
export function policyOfCall(policy: ResolvedPolicy, progress: AnswerProgress): ExitPolicy {
  const budget = budgetOfCall(policy, progress);
  return budget === undefined ? policy.within : { kind: 'budget', budget, within: policy.within };
}

function budgetOfCall({ joules, watts, inTime }: ResolvedPolicy, progress: AnswerProgress): ExitBudget | undefined {
  const { count, expectedTokens, remainingMs, computeMs } = progress;
  const part = Math.min(1, count / Math.max(1, expectedTokens));
  const time = inTime ? { timeMs: remainingMs * part } : {};
  if (joules === undefined || watts === undefined) return inTime ? time : undefined;
  const left = Math.max(0, joules - (watts * computeMs) / 1000);
  return { ...time, joules: left * part, watts };
}
