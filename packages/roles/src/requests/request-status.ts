// SPDX-License-Identifier: Apache-2.0
import { type ActorDefinition, defineActor, onAsk } from '@aiflow/actor';
import { AiflowError, type AskContract, jsonAsk, type Revision, revisionPayload } from '@aiflow/protocol';
import { type AnswerSummary, parseSummary } from '../ask-contract.ts';
import { isRequestId } from '../ask-request.ts';
import type { RequestBook } from './request-book.ts';
import type { RequestRecord, RequestState } from './request-record.ts';

/** Asks after one request by its id, or for the newest ones. */
export interface RequestStatusQuery {
  readonly id?: string;
  /** How many of the newest, without an id; 1 to 100. Default 20. */
  readonly limit?: number;
}

/** What a node knows of a request. Times are of its wall clock, in milliseconds. */
export interface RequestStatus {
  readonly id: string;
  readonly state: RequestState;
  readonly question: string;
  readonly acceptedMs: number;
  readonly changedMs: number;
  /** With an id asked for: the best answer so far. */
  readonly revision?: Revision;
  readonly summary?: AnswerSummary;
  readonly error?: RequestRecord['error'];
}

/** Asks a node after requests with an id. `not-found` for an id it does not know (any more). */
export const requestStatus: AskContract<RequestStatusQuery, readonly RequestStatus[]> = jsonAsk(
  'aiflow.request.status',
  {
    request: parseQuery,
    reply: parseStatuses,
  },
);

/** The name of the actor that answers {@link requestStatus}. */
export const REQUESTS_ACTOR = 'requests';

const MAX_LISTED = 100;
const DEFAULT_LISTED = 20;

/** An actor that tells of the requests in `book`. */
export function createRequestsRole(book: RequestBook): ActorDefinition {
  return defineActor<unknown>({
    name: REQUESTS_ACTOR,
    create: () => undefined,
    concurrency: 16,
    handlers: [onAsk(requestStatus, (_state, query) => statusOf(book, query))],
  });
}

function statusOf(book: RequestBook, { id, limit = DEFAULT_LISTED }: RequestStatusQuery): readonly RequestStatus[] {
  if (id === undefined) return book.list().slice(0, limit).map(inShort);
  const record = book.get(id);
  if (record === undefined) {
    throw new AiflowError('not-found', `request ${id} is not known here: it never came, or was forgotten since`);
  }
  const { revision, summary, error } = record;
  return [
    {
      ...inShort(record),
      ...(revision === undefined ? {} : { revision }),
      ...(summary === undefined ? {} : { summary }),
      ...(error === undefined ? {} : { error }),
    },
  ];
}

function inShort({ id, state, request, acceptedMs, changedMs }: RequestRecord): RequestStatus {
  return { id, state, question: request.question, acceptedMs, changedMs };
}

function parseQuery(json: unknown): RequestStatusQuery {
  const { id, limit } = (json ?? {}) as RequestStatusQuery;
  if (id !== undefined && !isRequestId(id)) {
    throw new AiflowError('invalid-argument', `id must be that of a request, got ${String(id).slice(0, 80)}`);
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LISTED)) {
    throw new AiflowError('invalid-argument', `limit must be a whole number from 1 to ${MAX_LISTED}, got ${limit}`);
  }
  return { ...(id === undefined ? {} : { id }), ...(limit === undefined ? {} : { limit }) };
}

function parseStatuses(json: unknown): readonly RequestStatus[] {
  if (!Array.isArray(json)) throw new Error('a list of requests was expected');
  return json.map(({ revision, summary, ...status }: RequestStatus) => ({
    ...status,
    ...(revision === undefined ? {} : { revision: revisionPayload.fromJson(revision) }),
    ...(summary === undefined ? {} : { summary: parseSummary(summary) }),
  }));
}
