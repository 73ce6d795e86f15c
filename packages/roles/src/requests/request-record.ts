// SPDX-License-Identifier: Apache-2.0
//
// What a node notes of a request with an id. One value per request, written whole; a pure machine.
//
//   accepted -> answered                        the wanted exit had the last word, or nobody else was asked
//   accepted -> alone -> revised | answered     others were asked to finish it, and did | could not
//   accepted -> revised                         they did, and the power had taken what was noted in between
//   accepted -> failed
//
// R1  A state never goes back: what is answered, revised or failed stays so, and so does its answer.
// R2  A revision counts once: the first that comes. One more changes nothing.
// R3  Answers of others are told apart by epoch. Epochs of a record lie above its `epochBase`, which is the second it was
//     accepted in, and not more than MAX_EPOCHS above it. So an answer to another question that had the id before, and was
//     forgotten, is never taken for one to this.
// R4  Sequence numbers of the revisions of one request grow, whoever makes them.
// R5  Words that were called committed stay. An answer without them comes from somebody shallower than who committed them,
//     and does not count: others are asked again.
import { type AiflowError, isErrorCode, type Revision, revisionPayload } from '@aiflow/protocol';
import { type AnswerSummary, parseSummary } from '../ask-contract.ts';
import { type AskRequest, type DraftedAnswer, isRequestId, parseAskRequest } from '../ask-request.ts';

/** How far a request has come. `alone`: it was answered, and others are asked to finish the answer. */
export type RequestState = 'accepted' | 'alone' | 'answered' | 'revised' | 'failed';

/** A request with an id, as it stands on the disk. Times are of the wall clock, in milliseconds. */
export interface RequestRecord {
  readonly id: string;
  readonly state: RequestState;
  readonly request: AskRequest;
  /** Of the model that was asked. */
  readonly family: string;
  readonly modelHash: string;
  readonly acceptedMs: number;
  readonly dueMs: number;
  readonly changedMs: number;
  readonly epochBase: number;
  /** Of the newest asking of others; `epochBase` before the first. */
  readonly epoch: number;
  /** The best answer so far; absent before the first word. */
  readonly revision?: Revision;
  readonly summary?: AnswerSummary;
  /** What this node said, for those who finish it; only while it is `alone`. */
  readonly draft?: DraftedAnswer;
  readonly error?: { readonly code: AiflowError['code']; readonly message: string };
  /** In W3C form. */
  readonly traceParent?: string;
}

/** An answer. */
export interface GivenAnswer {
  readonly revision?: Revision;
  readonly summary: AnswerSummary;
}

const MAX_EPOCHS = 1000;
const STATES: readonly RequestState[] = ['accepted', 'alone', 'answered', 'revised', 'failed'];

/** A request that was just accepted. */
export function acceptRequest(
  id: string,
  request: AskRequest,
  facts: Pick<RequestRecord, 'family' | 'modelHash' | 'acceptedMs' | 'dueMs' | 'traceParent'>,
): RequestRecord {
  const epochBase = Math.max(0, Math.floor(facts.acceptedMs / 1000)) % 2 ** 31; // R3
  return { id, state: 'accepted', request, ...facts, changedMs: facts.acceptedMs, epochBase, epoch: epochBase };
}

/** Whether nothing about it will change any more. */
export function isSettled({ state }: Pick<RequestRecord, 'state'>): boolean {
  return state === 'answered' || state === 'revised' || state === 'failed';
}

/** The answer as it will stay; unchanged where one stands already (R1). */
export function settleAnswer(record: RequestRecord, answer: GivenAnswer, nowMs: number): RequestRecord {
  if (isSettled(record)) return record;
  const { draft: _draft, ...kept } = record;
  const { awaitsRevision: _awaited, ...summary } = answer.summary;
  const state = record.state === 'alone' && answer.summary.awaitsRevision === undefined ? 'revised' : 'answered';
  return { ...kept, ...answer, summary, state, changedMs: nowMs };
}

/** What this node says by itself; `isAsking` when others are asked now to finish it. May be said anew while it is alone. */
export function answerAlone(
  record: RequestRecord,
  answer: GivenAnswer & { readonly draft: DraftedAnswer },
  { isAsking, nowMs }: { readonly isAsking: boolean; readonly nowMs: number },
): RequestRecord {
  if (isSettled(record)) return record;
  const said: RequestRecord = { ...record, ...answer, state: 'alone', changedMs: nowMs };
  return isAsking ? askOthers(said) : said;
}

/** Others are asked once more; the same record where that is too often. */
export function askOthers(record: RequestRecord): RequestRecord {
  const isAllowed = record.state === 'alone' && record.epoch - record.epochBase < MAX_EPOCHS;
  return isAllowed ? { ...record, epoch: record.epoch + 1 } : record;
}

/** Nobody finishes it in time: what stands stays, and says why. */
export function giveUp(record: RequestRecord, reason: string, nowMs: number): RequestRecord {
  if (record.state !== 'alone') return record;
  const { draft: _draft, summary, ...kept } = record;
  if (summary === undefined) return failRequest(record, { code: 'unavailable', message: reason }, nowMs);
  const { awaitsRevision: _awaited, ...told } = summary;
  return {
    ...kept,
    state: 'answered',
    summary: { ...told, reasons: [...told.reasons, reason] },
    changedMs: nowMs,
  };
}

/** The answer that others made of it (R2, R3, R5); the same record where it does not count. */
export function reviseAnswer(
  record: RequestRecord,
  finished: { readonly epoch: number; readonly revision: Revision; readonly summary: AnswerSummary },
  nowMs: number,
): RequestRecord {
  const epochs = finished.epoch - record.epochBase;
  if (isSettled(record) || epochs < 1 || epochs > MAX_EPOCHS) return record;
  if (!keepsCommitted(record, finished.revision)) return record;
  const { draft: _draft, revision: before, ...kept } = record;
  const session = record.summary?.session ?? finished.summary.session;
  const ageMs = Math.max(0, nowMs - record.acceptedMs);
  const sequence = (before?.sequence ?? 0) + 1; // R4
  const { awaitsRevision: _awaited, provisional: _provisional, ...told } = finished.summary;
  return {
    ...kept,
    state: 'revised',
    revision: { ...finished.revision, session, sequence, ageMs, finished: true },
    summary: { ...told, session, durationMs: ageMs },
    changedMs: nowMs,
  };
}

/** R5. */
function keepsCommitted({ revision: before }: RequestRecord, { text }: Revision): boolean {
  if (before === undefined || before.committedBytes === 0) return true;
  const committed = encoder.encode(before.text).subarray(0, before.committedBytes);
  return Buffer.from(encoder.encode(text).subarray(0, committed.length)).equals(committed);
}

/** It can't be answered; unchanged where an answer stands. */
export function failRequest(
  record: RequestRecord,
  error: NonNullable<RequestRecord['error']>,
  nowMs: number,
): RequestRecord {
  if (isSettled(record) || record.summary !== undefined) return record;
  const { draft: _draft, ...kept } = record;
  return { ...kept, state: 'failed', error, changedMs: nowMs };
}

/** Whether two requests ask the same; how long their askers wait is theirs. */
export function asksTheSame(one: AskRequest, other: AskRequest): boolean {
  return JSON.stringify(essenceOf(one)) === JSON.stringify(essenceOf(other));
}

function essenceOf({ question, exit, maxTokens, sampling, tiers, audit, exitPolicy }: AskRequest): readonly unknown[] {
  const { temperature, topK, topP, seed } = sampling ?? {};
  const { risk, joules, watts, inTime } = exitPolicy ?? {};
  return [question, exit, maxTokens, [temperature, topK, topP, seed], tiers, audit, [risk, joules, watts, inTime]];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The record as a value of the store. */
export function encodeRecord(record: RequestRecord): Uint8Array {
  return encoder.encode(JSON.stringify(record));
}

/** The inverse of {@link encodeRecord}; undefined for what is no record. */
export function decodeRecord(bytes: Uint8Array): RequestRecord | undefined {
  try {
    return parseRecord(JSON.parse(decoder.decode(bytes)));
  } catch {
    return undefined;
  }
}

function parseRecord(raw: RequestRecord): RequestRecord | undefined {
  const { id, state, request, revision, summary, error } = raw;
  const times = [raw.acceptedMs, raw.dueMs, raw.changedMs, raw.epochBase, raw.epoch];
  if (!isRequestId(id) || !STATES.includes(state) || !times.every(Number.isFinite)) return undefined;
  if (error !== undefined && !isErrorCode(error.code)) return undefined;
  return {
    ...raw,
    request: parseAskRequest(request),
    ...(revision === undefined ? {} : { revision: revisionPayload.fromJson(revision) }),
    ...(summary === undefined ? {} : { summary: parseSummary(summary) }),
  };
}
