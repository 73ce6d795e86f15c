// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { answerQuestion, checkExit } from '../answer-question.ts';
import type { AskItem } from '../ask-contract.ts';
import { type AskRequest, DEFAULT_DEADLINE_MS } from '../ask-request.ts';
import type { Asked } from '../asked.ts';
import { prepareQuestion } from '../prepare-question.ts';
import { answerLocallyFirst, mayStandIn } from './answer-locally-first.ts';
import { type LiveRequest, startRequest } from './live-request.ts';
import { readRequest } from './read-request.ts';
import type { RequestBook } from './request-book.ts';
import { asksTheSame, isSettled, type RequestRecord } from './request-record.ts';
import { createWorkSlots, type WorkSlots } from './work-slots.ts';

/** Takes questions, with and without an id. */
export interface RequestDesk {
  /** The items of an answer. Throws `already-exists` for an id that another question has. */
  answer(asked: Asked, request: AskRequest): AsyncGenerator<AskItem, void>;
}

/** How much a desk works on. */
export interface RequestDeskOptions {
  /** Answers made at once. */
  readonly concurrency: number;
  /** The longest that one may take. */
  readonly maxDeadlineMs: number;
}

/** Answers that may be read at once beside those that are made: askers who wait for a revision. */
export const WAITING_READERS = 120;

/** Without a book, a request with an id is refused. */
export function createRequestDesk(book: RequestBook | undefined, options: RequestDeskOptions): RequestDesk {
  const slots = createWorkSlots(options.concurrency);
  const inPlace = (asked: Asked, request: AskRequest): AsyncGenerator<AskItem, void> =>
    answerInPlace(asked, withinLimit(request, options), slots);
  const journal = book === undefined ? undefined : new JournalledRequests(book, slots, options);
  return {
    answer: (asked, request) => {
      if (request.id === undefined) return book === undefined ? answerAtOnce(asked, request) : inPlace(asked, request);
      if (journal !== undefined) return journal.answer(asked, request, request.id);
      throw new AiflowError(
        'failed-precondition',
        `request ${request.id}: ${asked.context.self.node} notes no requests on a disk, so it takes none with an id: leave the id out, or give the node a state folder`,
      );
    },
  };
}

/** A question that is forgotten with its asker. What was asked for by name is not made up for by this node's own words. */
function answerAtOnce(asked: Asked, request: AskRequest): AsyncGenerator<AskItem, void> {
  const isDemand = request.tiers === 'cloud-only' || request.exit !== undefined || !mayStandIn(request);
  return isDemand ? answerQuestion(asked, request) : answerLocallyFirst(asked, request, { isPatient: true }).items();
}

async function* answerInPlace(asked: Asked, request: AskRequest, slots: WorkSlots): AsyncGenerator<AskItem, void> {
  const leave = await slots.enter(asked.context.signal);
  try {
    yield* answerAtOnce(asked, request);
  } finally {
    leave();
  }
}

function withinLimit(request: AskRequest, { maxDeadlineMs }: RequestDeskOptions): AskRequest {
  const { deadlineMs = DEFAULT_DEADLINE_MS, revisionsUntilMs } = request;
  return {
    ...request,
    deadlineMs: Math.min(deadlineMs, maxDeadlineMs),
    ...(revisionsUntilMs === undefined ? {} : { revisionsUntilMs: Math.min(revisionsUntilMs, maxDeadlineMs) }),
  };
}

class JournalledRequests {
  readonly #book: RequestBook;
  readonly #slots: WorkSlots;
  readonly #options: RequestDeskOptions;
  readonly #live = new Map<string, LiveRequest>();

  constructor(book: RequestBook, slots: WorkSlots, options: RequestDeskOptions) {
    this.#book = book;
    this.#slots = slots;
    this.#options = options;
  }

  async *answer(asked: Asked, request: AskRequest, id: string): AsyncGenerator<AskItem, void> {
    const live = this.#find(asked, request, id);
    yield* readRequest({ id, request, context: asked.context, book: this.#book, live });
  }

  /** Undefined where all that there is stands in the book. */
  #find(asked: Asked, request: AskRequest, id: string): LiveRequest | undefined {
    const live = this.#live.get(id);
    const record = this.#book.get(id);
    const known = live?.request ?? record?.request;
    if (known !== undefined && !asksTheSame(known, request)) throw taken(id);
    if (live !== undefined) return live;
    if (record !== undefined && (isSettled(record) || record.state === 'alone')) return undefined;
    if (record === undefined) checkQuestion(asked, request);
    return this.#begin(asked, record?.request ?? request, { id, before: record });
  }

  #begin(
    asked: Asked,
    request: AskRequest,
    { id, before }: { readonly id: string; readonly before: RequestRecord | undefined },
  ): LiveRequest {
    const { maxDeadlineMs: maxMs } = this.#options;
    const parts = { id, request, asked, before, maxMs, book: this.#book, slots: this.#slots };
    const begun = startRequest(parts, () => {
      if (this.#live.get(id) === begun) this.#live.delete(id);
    });
    this.#live.set(id, begun);
    return begun;
  }
}

/** What can never be answered is not noted. */
function checkQuestion({ collaborators, options }: Asked, { question, maxTokens = 128, exit }: AskRequest): void {
  const { textModel, engine } = collaborators;
  prepareQuestion(textModel, question, maxTokens, options);
  checkExit(exit, engine.family, options.familyExits);
}

function taken(id: string): AiflowError {
  return new AiflowError(
    'already-exists',
    `request ${id} asked something else before: an id names one question for ever, take another`,
  );
}
