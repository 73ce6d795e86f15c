// SPDX-License-Identifier: Apache-2.0
//
// One round of collaborative decoding: proposed tokens, what a deeper exit says of them, and going back. Only token
// ids travel. Answer position 0 is the first token after the prompt.
import { aiflow } from '#gen';
import { AiflowError } from './aiflow-error.ts';
import { readFields } from './fields.ts';
import { messagePayload } from './message-payload.ts';
import type { AskContract, PayloadType, TellContract } from './payload-type.ts';

/** Proposed tokens from answer position `base` on. */
export interface Draft {
  readonly session: string;
  readonly epoch: number;
  readonly base: number;
  readonly tokens: readonly number[];
  /** One a token, each 0 to 1; or empty. */
  readonly confidences: readonly number[];
}

/** What a deeper exit says of a draft. */
export interface Verdict {
  readonly session: string;
  readonly epoch: number;
  readonly base: number;
  /** How many drafted tokens stand. */
  readonly accepted: number;
  /** The verifier's own token after them; absent when the last accepted token ends the answer. */
  readonly correction?: number;
  /** Answer length that stands after this verdict. */
  readonly committed: number;
  readonly finished: boolean;
  /** Positions decided by a single step because their two best logits were too close. */
  readonly nearTies: number;
  readonly computeMs: number;
}

/** Crops the answer to `length` and continues it with `tokens`; verdicts of older epochs no longer count. */
export interface Rollback {
  readonly session: string;
  /** The new epoch. */
  readonly epoch: number;
  readonly length: number;
  /** Tokens from `length` on that all must hold. */
  readonly tokens: readonly number[];
}

/** The most tokens one draft or rollback carries. */
export const MAX_ROUND_TOKENS = 4096;

/** {@link Draft} on the wire; confidences keep 32-bit precision. */
export const draftPayload: PayloadType<Draft> = messagePayload({
  name: 'aiflow.decode.draft',
  wire: aiflow.v1.Draft,
  parse: parseDraft,
  toWire: value => ({ ...value, tokens: [...value.tokens], confidences: [...value.confidences] }),
});

/** {@link Verdict} on the wire. */
export const verdictPayload: PayloadType<Verdict> = messagePayload({
  name: 'aiflow.decode.verdict',
  wire: aiflow.v1.Verdict,
  parse: parseVerdict,
  toWire: value => ({ ...value, correction: value.correction ?? null }),
});

/** {@link Rollback} on the wire. */
export const rollbackPayload: PayloadType<Rollback> = messagePayload({
  name: 'aiflow.decode.rollback',
  wire: aiflow.v1.Rollback,
  parse: parseRollback,
  toWire: value => ({ ...value, tokens: [...value.tokens] }),
});

/** Asks for the verdict on a draft. `not-found` when the session is not held: open it again. */
export const verifyDraft: AskContract<Draft, Verdict> = { kind: 'ask', request: draftPayload, reply: verdictPayload };

/** Tells a holder of the session to go back. */
export const rollBack: TellContract<Rollback> = { kind: 'tell', request: rollbackPayload };

function parseDraft(raw: unknown): Draft {
  const fields = readFields('draft', raw);
  const tokens = fields.uints('tokens', MAX_ROUND_TOKENS);
  const confidences = fields.has('confidences')
    ? fields.reals('confidences', { maxEntries: MAX_ROUND_TOKENS, min: 0, max: 1 })
    : [];
  if (confidences.length > 0 && confidences.length !== tokens.length) {
    throw new AiflowError(
      'invalid-argument',
      `draft has ${confidences.length} confidences for ${tokens.length} tokens: send one a token, or none`,
    );
  }
  return {
    session: fields.label('session'),
    epoch: fields.uint('epoch'),
    base: fields.uint('base'),
    tokens,
    confidences,
  };
}

function parseVerdict(raw: unknown): Verdict {
  const fields = readFields('verdict', raw);
  return {
    session: fields.label('session'),
    epoch: fields.uint('epoch'),
    base: fields.uint('base'),
    accepted: fields.uint('accepted', MAX_ROUND_TOKENS),
    ...(fields.has('correction') ? { correction: fields.uint('correction') } : {}),
    committed: fields.uint('committed'),
    finished: fields.flag('finished'),
    nearTies: fields.uint('nearTies'),
    computeMs: fields.real('computeMs', 0),
  };
}

function parseRollback(raw: unknown): Rollback {
  const fields = readFields('rollback', raw);
  return {
    session: fields.label('session'),
    epoch: fields.uint('epoch'),
    length: fields.uint('length'),
    tokens: fields.uints('tokens', MAX_ROUND_TOKENS),
  };
}
