// SPDX-License-Identifier: Apache-2.0
import { isWireFormat, WIRE_FORMATS, type WireFormat } from '@aiflow/codec';
import type { RelayWay } from '@aiflow/placement';
import { AiflowError, type Sampling } from '@aiflow/protocol';
import { parseSampling } from '../ask-request.ts';

/** All ways of going on elsewhere. */
export const RELAY_WAYS: readonly RelayWay[] = ['features', 'cache', 'ids'];

/** Asks a node to go on with a question where another stopped, or before it began. */
export interface ContinueRequest {
  readonly question: string;
  /** Answer tokens that stand already. Default none. */
  readonly answer?: readonly number[];
  /** Default `features`. */
  readonly way?: RelayWay;
  /** Numbers in which features travel. Default `fp16`. */
  readonly wireFormat?: WireFormat;
  /** The node upstream. Default: the least loaded that serves the deepest layer this node can be entered at. */
  readonly source?: string;
  /** Where it stops. Default: the deepest layer that the two share before the wanted exit. */
  readonly layer?: number;
  /** Exit whose answer is wanted. Default: the deepest here. */
  readonly exit?: number;
  /** Tokens the source still says itself before it hands over. Default 0. */
  readonly ownTokens?: number;
  /** Take what the source said in this session so far as standing, also while it still speaks. Default false. */
  readonly keepsOwn?: boolean;
  /** The session's name at the source, which goes on from what it holds under it. Default: a new one. */
  readonly session?: string;
  /** Grows where somebody else had the session before. Default 1. */
  readonly epoch?: number;
  /** Tokens said here, the source's not counted. Default 128. */
  readonly maxTokens?: number;
  /** Default 30 000, and never more than the caller waits. */
  readonly deadlineMs?: number;
  /** Greedy when absent. */
  readonly sampling?: Sampling;
}

const MAX_QUESTION_UNITS = 1_000_000;
const MAX_TOKENS = 65_536;
const MAX_DEADLINE_MS = 3_600_000;
const LABEL = /^[\x21-\x7e]{1,128}$/;

type Raw = Readonly<Record<string, unknown>>;

/** Checks a request that came from outside. Throws `invalid-argument` naming field, value and what is allowed. */
export function parseContinueRequest(json: unknown): ContinueRequest {
  if (typeof json !== 'object' || json === null) throw refusal('request', json, 'an object with a question');
  const raw = json as Raw;
  const { question, sampling } = raw;
  if (typeof question !== 'string' || question.length > MAX_QUESTION_UNITS) {
    throw refusal('question', typeof question, `text of at most ${MAX_QUESTION_UNITS} characters`);
  }
  return {
    question,
    ...choices(raw),
    ...whole(raw, 'layer', [1, 10_000]),
    ...whole(raw, 'exit', [1, 10_000]),
    ...whole(raw, 'ownTokens', [0, MAX_TOKENS]),
    ...whole(raw, 'epoch', [0, 0xffff_ffff]),
    ...whole(raw, 'maxTokens', [1, MAX_TOKENS]),
    ...whole(raw, 'deadlineMs', [1, MAX_DEADLINE_MS]),
    ...(sampling === undefined || sampling === null ? {} : { sampling: parseSampling(sampling) }),
  };
}

function choices(raw: Raw): Partial<ContinueRequest> {
  return {
    ...pick(raw, 'keepsOwn', value => typeof value === 'boolean', 'true or false'),
    ...pick(raw, 'answer', isTokens, `at most ${MAX_TOKENS} token ids`),
    ...pick(raw, 'way', value => (RELAY_WAYS as readonly unknown[]).includes(value), `one of ${RELAY_WAYS.join(', ')}`),
    ...pick(raw, 'wireFormat', value => isWireFormat(String(value)), `one of ${WIRE_FORMATS.join(', ')}`),
    ...pick(raw, 'source', isLabel, 'a node name'),
    ...pick(raw, 'session', isLabel, '1 to 128 printable ASCII characters without spaces'),
  };
}

function isLabel(value: unknown): boolean {
  return typeof value === 'string' && LABEL.test(value);
}

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MAX_TOKENS && value.every(id => Number.isInteger(id) && id >= 0);
}

function whole(raw: Raw, field: string, [min, max]: readonly [number, number]): Record<string, number> {
  const isAllowed = (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return pick(raw, field, isAllowed, `a whole number from ${min} to ${max}`);
}

/** The field as an object to spread; nothing when it is absent. */
function pick<T>(raw: Raw, field: string, isAllowed: (value: unknown) => boolean, allowed: string): Record<string, T> {
  const value = raw[field];
  if (value === undefined || value === null) return {};
  if (isAllowed(value)) return { [field]: value as T };
  throw refusal(field, value, allowed);
}

function refusal(field: string, value: unknown, allowed: string): AiflowError {
  const shown = typeof value === 'object' ? 'an object' : String(value).slice(0, 80);
  return new AiflowError('invalid-argument', `relay: ${field} must be ${allowed}, got ${shown}`);
}
