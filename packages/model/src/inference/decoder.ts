// SPDX-License-Identifier: Apache-2.0
//
// What drafting and verifying mean on one session. Both make the same choices; they differ in how many rows share a
// block. In fp32 the last bits of logits depend on that, by up to 1e-4 between two logits, so:
//
// D1  A choice made within a block by less than NEAR_TIE is made again by a step over its row alone.
// D2  A choice whose margin is still under UNSAFE_TIE, on a history that is not canonical, is made again on a
//     canonical history. So a verifier says what its own lone run would say, also where two logits are all but equal.
// D3  Choices made on a canonical history stand, whatever their margin: a lone run makes the same.
// D4  States that were received are history as they came (L3, T4): the lone run meant here is one over the same states.
import { AiflowError } from '@aiflow/protocol';
import type { DraftResult, VerifyResult } from '../requests/decode-request.ts';
import { advance } from './ladder.ts';
import type { LadderContext } from './ladder-context.ts';
import { recomputeCanonically, recomputeRow } from './recompute.ts';
import type { Choice } from './sampling.ts';
import type { Decision } from './session.ts';

/** Logits: ten times above the most that a block and a lone run differed by in 3,000 tokens of the shipped family. */
export const NEAR_TIE = 1e-3;
/** Logits: five times above it. */
export const UNSAFE_TIE = 5e-4;

/** What decoding needs beside a session. */
export interface DecodeContext extends LadderContext {
  readonly endToken: number;
  /** Positions the family's context holds. */
  readonly maxRows: number;
}

type DraftOutcome = Omit<DraftResult, 'computeMs'>;
type VerifyOutcome = Omit<VerifyResult, 'computeMs'>;

/** Continues the answer by up to `count` tokens; stops after the end token and where the context is full. */
export async function draftTokens(context: DecodeContext, count: number): Promise<DraftOutcome> {
  return draftWith(context, count, async position => {
    await advance(context, context.session.promptLength + position);
    return (await settle(context, position)).choice;
  });
}

/** As {@link draftTokens}, each token by what `choose` says of its position. */
export async function draftWith<Made extends Choice>(
  { session, endToken, maxRows }: DecodeContext,
  count: number,
  choose: (position: number, made: number) => Promise<Made>,
): Promise<DraftOutcome & { readonly choices: readonly Made[] }> {
  requireRoom({ session, maxRows }, session.answerLength);
  const choices: Made[] = [];
  while (choices.length < count && session.length <= maxRows) {
    const position = session.answerLength;
    const choice = await choose(position, choices.length);
    choices.push(choice);
    session.replaceFrom(position, [choice.token]);
    if (choice.token === endToken) break;
  }
  return {
    choices,
    tokens: choices.map(choice => choice.token),
    margins: choices.map(choice => choice.margin),
    finished: choices.at(-1)?.token === endToken,
  };
}

/**
 * The exit's choice for `position` where it wins by `minMargin`, else undefined. A margin that falls short by more than
 * what blocks and history may do to it is not settled first.
 */
export async function chooseIfSure(
  context: DecodeContext,
  position: number,
  minMargin: number,
): Promise<Choice | undefined> {
  await advance(context, context.session.promptLength + position);
  if (decisionAt(context, position).margin + NEAR_TIE < minMargin) return undefined;
  const { choice } = await settle(context, position);
  return choice.margin >= minMargin ? choice : undefined;
}

/** Judges the answer's tokens from `base` on; leaves the accepted ones and the exit's next. */
export async function verifyTokens(context: DecodeContext, base: number): Promise<VerifyOutcome> {
  const { session, endToken } = context;
  const proposed = session.tokens(session.promptLength + base, session.promptLength + session.answerLength);
  requireRoom(context, session.answerLength);
  await advance(context, session.promptLength + session.answerLength);
  const margins: number[] = [];
  let nearTies = 0;
  let accepted = 0;
  for (;;) {
    const { choice, wasNearTie } = await settle(context, base + accepted);
    margins.push(choice.margin);
    if (wasNearTie) nearTies++;
    const agrees = accepted < proposed.length && choice.token === proposed[accepted];
    if (agrees) accepted++;
    const ended = choice.token === endToken;
    if (agrees && !ended) continue;
    session.replaceFrom(base + accepted, agrees ? [] : [choice.token]);
    return { accepted, correction: agrees ? undefined : choice.token, margins, nearTies, finished: ended };
  }
}

async function settle(
  context: DecodeContext,
  position: number,
): Promise<{ readonly choice: Choice; readonly wasNearTie: boolean }> {
  const row = context.session.promptLength + position - 1;
  const decision = (): Decision => decisionAt(context, position);
  const wasNearTie = decision().margin < NEAR_TIE && !decision().canonical;
  if (wasNearTie && !decision().single) await recomputeRow(context, row);
  if (decision().margin < UNSAFE_TIE && !decision().canonical) await recomputeCanonically(context, row);
  return { choice: decision(), wasNearTie };
}

function decisionAt({ session, rungs }: DecodeContext, position: number): Decision {
  const made = session.decisionsOf(rungs.exit)[position];
  if (made === undefined) throw new AiflowError('internal', `L4: answer position ${position} has no decision`);
  return made;
}

function requireRoom({ session, maxRows }: Pick<DecodeContext, 'session' | 'maxRows'>, answerLength: number): void {
  const rows = session.promptLength + answerLength;
  if (rows <= maxRows) return;
  throw new AiflowError(
    'out-of-range',
    `session ${session.id} holds ${rows} tokens, the family's context is ${maxRows}: end the answer or shorten the prompt`,
  );
}
