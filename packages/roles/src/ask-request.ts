// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Sampling } from '@aiflow/protocol';
import type { ExitPolicyWish } from './exit-policy.ts';

/**
 * Who shall answer. `auto`: everybody who helps. `local`: the asked node alone. `two`: it drafts, the reference judges.
 * `three`: an edge between them. `cloud-only`: the reference alone, the asked node passes its answer on.
 */
export type TierChoice = 'auto' | 'local' | 'two' | 'three' | 'cloud-only';

/** A question to an answerer. */
export interface AskRequest {
  readonly question: string;
  /** Exit whose answer is wanted. Default: the deepest of the family. */
  readonly exit?: number;
  /** Default 128. */
  readonly maxTokens?: number;
  /** Default 30 000, and never more than the caller waits. */
  readonly deadlineMs?: number;
  /**
   * Until when the answer may be revised, counted from the start as `deadlineMs` is, and not before it. What stands at the
   * deadline is then told by a provisional summary; revisions and a last summary follow, unless the answer was whole by
   * then. Never more than the caller waits and the answerer allows. Default: the deadline ends the answer.
   */
  readonly revisionsUntilMs?: number;
  /** Greedy when absent. */
  readonly sampling?: Sampling;
  /** Default `auto`. */
  readonly tiers?: TierChoice;
  /** Derive the answer a second time, independently, and compare. Default false. */
  readonly audit?: boolean;
  /**
   * Which exit decides each token, where one node answers alone. `auto` then means the asked node; but a risk that its
   * exits can not promise is left out where others reach the wanted exit and no energy is to be kept to. Excludes `two`,
   * `three` and an audit. `exit` is the deepest that may be used.
   */
  readonly exitPolicy?: ExitPolicyWish;
  /**
   * Names the question for ever, on the asked node: 1 to 64 letters, digits, dots, dashes or underscores. The node notes
   * it on its disk before it works on it and says so by an item `accepted`; it is then answered even when its asker goes
   * away or the node dies, and asking again under the id gives the same answer. Default: forgotten with its asker.
   */
  readonly id?: string;
  /**
   * With an id: how long other nodes may take to finish an answer that this node had to give alone, in milliseconds.
   * Default 3 600 000.
   */
  readonly finishWithinMs?: number;
  /** What an exit said to this question before, as first drafts. Wrong ones cost time, never the answer. */
  readonly drafted?: DraftedAnswer;
}

/** Tokens that were said to a question, and the depth that said them. */
export interface DraftedAnswer {
  readonly exit: number;
  readonly tokens: readonly number[];
}

const CHOICES: readonly TierChoice[] = ['auto', 'local', 'two', 'three', 'cloud-only'];
const MAX_QUESTION_UNITS = 1_000_000;
const MAX_TOKENS = 4096;
const MAX_DEADLINE_MS = 3_600_000;
const MAX_FINISH_MS = 30 * 86_400_000;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Of a question that names none. */
export const DEFAULT_DEADLINE_MS = 30_000;

/** Checks a question that came from outside. Throws `invalid-argument` naming field, value and what is allowed. */
export function parseAskRequest(json: unknown): AskRequest {
  if (typeof json !== 'object' || json === null) throw refusal('request', json, 'an object with a question');
  const raw = json as Readonly<Record<string, unknown>>;
  const whole = (field: string, min: number, max: number): Record<string, number> =>
    pick(raw, field, value => isWhole(value, min, max), `a whole number from ${min} to ${max}`);
  const { question, sampling, exitPolicy } = raw;
  if (typeof question !== 'string' || question.length > MAX_QUESTION_UNITS) {
    throw refusal('question', typeof question, `text of at most ${MAX_QUESTION_UNITS} characters`);
  }
  return {
    question,
    ...whole('exit', 1, 10_000),
    ...whole('maxTokens', 1, MAX_TOKENS),
    ...parseTimes(raw),
    ...pick(raw, 'tiers', value => CHOICES.includes(value as TierChoice), `one of ${CHOICES.join(', ')}`),
    ...pick(raw, 'audit', value => typeof value === 'boolean', 'true or false'),
    ...(sampling === undefined || sampling === null ? {} : { sampling: parseSampling(sampling) }),
    ...(exitPolicy === undefined || exitPolicy === null ? {} : { exitPolicy: parseExitPolicy(exitPolicy) }),
    ...pick(raw, 'id', isRequestId, '1 to 64 letters, digits, dots, dashes or underscores'),
    ...whole('finishWithinMs', 1, MAX_FINISH_MS),
    ...parseDrafted(raw.drafted),
  };
}

/** Whether a value can name a request. */
export function isRequestId(value: unknown): boolean {
  return typeof value === 'string' && REQUEST_ID.test(value);
}

function parseDrafted(json: unknown): Pick<AskRequest, 'drafted'> {
  if (json === undefined || json === null) return {};
  const { exit, tokens } = json as Readonly<Record<string, unknown>>;
  if (!isWhole(exit, 1, 10_000)) throw refusal('drafted.exit', exit, 'a whole number from 1 to 10000');
  const isAllowed = Array.isArray(tokens) && tokens.length <= MAX_TOKENS;
  if (!isAllowed || !tokens.every(token => isWhole(token, 0, 0xffff_ffff))) {
    throw refusal('drafted.tokens', tokens, `at most ${MAX_TOKENS} token ids`);
  }
  return { drafted: { exit: exit as number, tokens: tokens as readonly number[] } };
}

function parseTimes(raw: Readonly<Record<string, unknown>>): Pick<AskRequest, 'deadlineMs' | 'revisionsUntilMs'> {
  const milliseconds = (field: string, min: number, allowed: string): Record<string, number> =>
    pick(raw, field, value => isReal(value, min, MAX_DEADLINE_MS), `milliseconds ${allowed}up to ${MAX_DEADLINE_MS}`);
  const due = milliseconds('deadlineMs', 0, '');
  const dueMs = due.deadlineMs ?? DEFAULT_DEADLINE_MS;
  return { ...due, ...milliseconds('revisionsUntilMs', dueMs, `from the deadline, ${dueMs}, `) };
}

function parseExitPolicy(json: unknown): ExitPolicyWish {
  if (typeof json !== 'object' || json === null) throw refusal('exitPolicy', json, 'an object');
  const raw = json as Readonly<Record<string, unknown>>;
  const above = (field: string, max: number): Record<string, number> =>
    pick(raw, field, value => isReal(value, Number.MIN_VALUE, max), `a number above 0, at most ${max}`);
  return {
    ...above('risk', 1),
    ...above('joules', 1_000_000),
    ...above('watts', 1_000_000),
    ...pick(raw, 'inTime', value => typeof value === 'boolean', 'true or false'),
  };
}

/** Checks sampling that came from outside. */
export function parseSampling(json: unknown): Sampling {
  if (typeof json !== 'object' || json === null) throw refusal('sampling', json, 'an object');
  const raw = json as Readonly<Record<string, unknown>>;
  const { temperature, seed } = raw;
  if (!isReal(temperature, 0, 100)) throw refusal('sampling.temperature', temperature, 'a number from 0 to 100');
  if (!isWhole(seed, 0, 0xffff_ffff)) throw refusal('sampling.seed', seed, 'a whole number of 32 bits');
  return {
    temperature: temperature as number,
    seed: seed as number,
    ...pick(raw, 'topK', value => isWhole(value, 1, 1_000_000), 'a whole number of at least 1'),
    ...pick(raw, 'topP', value => isReal(value, Number.MIN_VALUE, 1), 'a number above 0, at most 1'),
  };
}

/** The field as an object to spread; nothing when it is absent. */
function pick<T>(
  raw: Readonly<Record<string, unknown>>,
  field: string,
  isAllowed: (value: unknown) => boolean,
  allowed: string,
): Record<string, T> {
  const value = raw[field];
  if (value === undefined || value === null) return {};
  if (isAllowed(value)) return { [field]: value as T };
  throw refusal(field, value, allowed);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && isReal(value, min, max);
}

function isReal(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max;
}

function refusal(field: string, value: unknown, allowed: string): AiflowError {
  const shown = typeof value === 'object' ? 'an object' : String(value).slice(0, 80);
  return new AiflowError('invalid-argument', `ask: ${field} must be ${allowed}, got ${shown}`);
}
