// SPDX-License-Identifier: Apache-2.0
//
// Drafting in which a policy chooses the depth of each token.
//
// Z1  A token starts at the shallowest exit its plan allows and climbs until a margin suffices. The trunk's states of
//     every token so far are in the feature log or follow from it, so each token is what the exit that decided it would
//     say by itself after the same tokens (D1-D3).
// Z2  Whether a margin suffices is asked of the settled one.
import { AiflowError } from '@aiflow/protocol';
import { planClimb } from '../exit-policy/plan-climb.js';
import { chooseIfSure, draftWith } from './decoder.js';
/** Continues the answer by up to `count` tokens; the policy must have been checked. */
export async function draftByPolicy(climb, policy, count) {
  const shallowest = climb.exits[0] ?? 0;
  const { choices, ...outcome } = await draftWith(climb.at(shallowest), count, (position, made) =>
    decide(climb, policy, { position, tokensLeft: count - made }),
  );
  return { ...outcome, exits: choices.map(choice => choice.exit) };
}
async function decide(climb, policy, { position, tokensLeft }) {
  const facts = { exits: climb.exits, tokensLeft, spentMs: climb.elapsedMs(), tokenMs: climb.tokenMs };
  for (const { exit, minMargin } of planClimb(policy, facts)) {
    const choice = await chooseIfSure(climb.at(exit), position, minMargin);
    if (choice !== undefined) return { token: choice.token, margin: choice.margin, exit };
  }
  throw new AiflowError('internal', 'Y1: no exit of the plan decided');
}
//# sourceMappingURL=policy-decoder.js.map
