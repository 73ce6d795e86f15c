// SPDX-License-Identifier: Apache-2.0
//
// Drafting in which a policy chooses the depth of each token.
//
// Z1  A token starts at the shallowest exit its plan allows and climbs until a margin suffices. The trunk's states of
//     every token so far are in the feature log or follow from it, so each token is what the exit that decided it would
//     say by itself after the same tokens (D1-D3).
// Z2  Whether a margin suffices is asked of the settled one.
import { AiflowError } from '@aiflow/protocol';
import type { ExitPolicy } from '../exit-policy/exit-policy.ts';
import { planClimb } from '../exit-policy/plan-climb.ts';
import type { DraftResult } from '../requests/decode-request.ts';
import { chooseIfSure, type DecodeContext, draftWith } from './decoder.ts';
import type { Choice } from './sampling.ts';

/** What climbing needs. */
export interface ClimbContext {
  /** Exits that are loaded, ascending. */
  readonly exits: readonly number[];
  /** The same session at an exit. */
  at(exit: number): DecodeContext;
  /** Time of a token that asks each of these exits. */
  tokenMs(exits: readonly number[]): number;
  /** Time the call has taken so far. */
  elapsedMs(): number;
}

type PolicyOutcome = Omit<DraftResult, 'computeMs'> & { readonly exits: readonly number[] };

/** Continues the answer by up to `count` tokens; the policy must have been checked. */
export async function draftByPolicy(climb: ClimbContext, policy: ExitPolicy, count: number): Promise<PolicyOutcome> {
  const shallowest = climb.exits[0] ?? 0;
  const { choices, ...outcome } = await draftWith(climb.at(shallowest), count, (position, made) =>
    decide(climb, policy, { position, tokensLeft: count - made }),
  );
  return { ...outcome, exits: choices.map(choice => choice.exit) };
}

interface Present {
  readonly position: number;
  readonly tokensLeft: number;
}

async function decide(
  climb: ClimbContext,
  policy: ExitPolicy,
  { position, tokensLeft }: Present,
): Promise<Choice & { readonly exit: number }> {
  const facts = { exits: climb.exits, tokensLeft, spentMs: climb.elapsedMs(), tokenMs: climb.tokenMs };
  for (const { exit, minMargin } of planClimb(policy, facts)) {
    const choice = await chooseIfSure(climb.at(exit), position, minMargin);
    if (choice !== undefined) return { token: choice.token, margin: choice.margin, exit };
  }
  throw new AiflowError('internal', 'Y1: no exit of the plan decided');
}
