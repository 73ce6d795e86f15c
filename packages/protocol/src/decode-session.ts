// SPDX-License-Identifier: Apache-2.0
import { aiflow } from '#gen';
import { readFields } from './fields.ts';
import { messagePayload } from './message-payload.ts';
import type { AskContract, PayloadType, TellContract } from './payload-type.ts';

/** Noise keyed by (seed, answer position, token), so that every tier draws the same token. */
export interface Sampling {
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  /** 32 bits. */
  readonly seed: number;
}

/** Asks a node to hold a session at one exit. Opening a session that is held replaces it. */
export interface OpenSession {
  readonly session: string;
  readonly family: string;
  /** Feature-space id of the deepest layer both sides share. */
  readonly featureSpace: string;
  readonly tensorContract: string;
  readonly computeFormat: string;
  readonly prompt: readonly number[];
  /** Answer tokens that already stand, when a session is rebuilt; otherwise empty. */
  readonly answer: readonly number[];
  /** The exit the node is asked to run. */
  readonly exit: number;
  readonly epoch: number;
  readonly maxTokens: number;
  /** Greedy when absent. */
  readonly sampling?: Sampling;
}

/** A session that a node now holds. */
export interface SessionOpened {
  readonly session: string;
  readonly exit: number;
  readonly epoch: number;
  /** Positions the node had already. */
  readonly cached: number;
}

/** Ends a session. */
export interface CloseSession {
  readonly session: string;
}

const MAX_TOKENS = 65_536;

/** {@link OpenSession} on the wire. Prompt and answer hold at most 65 536 tokens each. */
export const openSessionPayload: PayloadType<OpenSession> = messagePayload({
  name: 'aiflow.decode.open',
  wire: aiflow.v1.OpenSession,
  parse: parseOpenSession,
  toWire: value => ({
    ...value,
    prompt: [...value.prompt],
    answer: [...value.answer],
    sampling: value.sampling ?? null,
  }),
});

/** {@link SessionOpened} on the wire. */
export const sessionOpenedPayload: PayloadType<SessionOpened> = messagePayload({
  name: 'aiflow.decode.opened',
  wire: aiflow.v1.SessionOpened,
  parse: parseSessionOpened,
  toWire: value => value,
});

/** {@link CloseSession} on the wire. */
export const closeSessionPayload: PayloadType<CloseSession> = messagePayload({
  name: 'aiflow.decode.close',
  wire: aiflow.v1.CloseSession,
  parse: raw => ({ session: readFields('close session', raw).label('session') }),
  toWire: value => value,
});

/** Opens a session. A split that can't work is refused with `failed-precondition` naming the two values that differ. */
export const openSession: AskContract<OpenSession, SessionOpened> = {
  kind: 'ask',
  request: openSessionPayload,
  reply: sessionOpenedPayload,
};

/** Ends a session; closing one that is not held does nothing. */
export const closeSession: TellContract<CloseSession> = { kind: 'tell', request: closeSessionPayload };

function parseOpenSession(raw: unknown): OpenSession {
  const fields = readFields('open session', raw);
  return {
    session: fields.label('session'),
    family: fields.label('family'),
    featureSpace: fields.label('featureSpace'),
    tensorContract: fields.label('tensorContract'),
    computeFormat: fields.label('computeFormat', 32),
    prompt: fields.uints('prompt', MAX_TOKENS),
    answer: fields.uints('answer', MAX_TOKENS),
    exit: fields.uint('exit'),
    epoch: fields.uint('epoch'),
    maxTokens: fields.uint('maxTokens', MAX_TOKENS),
    ...(fields.has('sampling') ? { sampling: fields.nested('sampling', parseSampling) } : {}),
  };
}

/** Reads {@link Sampling} from outside. On the wire 0 says "not limited" for top-k and top-p; here absence does. */
export function parseSampling(raw: unknown): Sampling {
  const fields = readFields('sampling', raw);
  const topK = fields.has('topK') ? fields.uint('topK') : 0;
  const topP = fields.has('topP') ? fields.real('topP', 0, 1) : 0;
  return {
    temperature: fields.real('temperature', 0, 100),
    ...(topK > 0 ? { topK } : {}),
    ...(topP > 0 ? { topP } : {}),
    seed: fields.uint('seed'),
  };
}

function parseSessionOpened(raw: unknown): SessionOpened {
  const fields = readFields('session opened', raw);
  return {
    session: fields.label('session'),
    exit: fields.uint('exit'),
    epoch: fields.uint('epoch'),
    cached: fields.uint('cached'),
  };
}
