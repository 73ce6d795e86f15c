// SPDX-License-Identifier: Apache-2.0
//
// A request with an id that is under way. It belongs to the node, not to who asked: askers read along and may leave.
//
//   accepting -> waiting for a place -> answering -> ended
//
// V1  Nothing is worked on before the request is on the disk, and nothing is the answer before that is too. A full disk
//     at the end does not take the answer from its askers; it says so, and after a restart the work is done again.
// V2  What this node had to say alone is noted together with the item that asks others to finish it: both or neither.
// V3  A node that stops notes nothing of it: what was accepted stays so, and is answered after the restart.
// V4  A revision that comes home while the work goes on ends the work.
import { setMaxListeners } from 'node:events';
import type { MessageContext } from '@aiflow/actor';
import { AiflowError, type Revision } from '@aiflow/protocol';
import type { AnswerSummary, AskItem } from '../ask-contract.ts';
import type { AskRequest } from '../ask-request.ts';
import type { Asked } from '../asked.ts';
import { answerLocallyFirst, type LocalFirstAnswer, mayStandIn, settledIn } from './answer-locally-first.ts';
import { endFinish, putFinish, waitingFinish } from './finish-item.ts';
import type { RequestBook } from './request-book.ts';
import {
  answerAlone,
  failRequest,
  type GivenAnswer,
  isSettled,
  type RequestRecord,
  settleAnswer,
} from './request-record.ts';
import { askedTimes, type RequestTimes, timesLeft } from './request-times.ts';
import type { WorkSlots } from './work-slots.ts';

/** A request under way, for those who read along. */
export interface LiveRequest {
  readonly request: AskRequest;
  /** Resolves once it is on the disk; rejects when it can't be noted. */
  readonly accepted: Promise<void>;
  readonly newest: Revision | undefined;
  /** How the answer stood at its deadline, if more follows. */
  readonly provisional: AnswerSummary | undefined;
  readonly end: LiveEnd | undefined;
  standing(): AnswerSummary | undefined;
  /** Calls `listener` when something of it has changed, until the returned function is called. */
  onNews(listener: () => void): () => void;
}

/** How the work ended. */
export type LiveEnd =
  | { readonly kind: 'answered'; readonly summary: AnswerSummary }
  | { readonly kind: 'failed'; readonly error: AiflowError };

/** What a request is worked on with. */
export interface LiveParts {
  readonly id: string;
  readonly request: AskRequest;
  /** Of the first who asks. */
  readonly asked: Asked;
  readonly book: RequestBook;
  readonly slots: WorkSlots;
  /** The longest that the work may take. */
  readonly maxMs: number;
  /** What was noted of it before this node died. */
  readonly before: RequestRecord | undefined;
}

/** Begins to work on it; `onEnd` is called when nothing more comes of it. */
export function startRequest(parts: LiveParts, onEnd: () => void): LiveRequest {
  const working = new WorkingRequest(parts);
  void working.work().finally(onEnd);
  return working;
}

class WorkingRequest implements LiveRequest {
  readonly request: AskRequest;
  readonly accepted: Promise<void>;
  newest: Revision | undefined;
  provisional: AnswerSummary | undefined;
  end: LiveEnd | undefined;
  readonly #parts: LiveParts;
  readonly #listeners = new Set<() => void>();
  readonly #stopped = new AbortController();
  readonly #times: RequestTimes;
  readonly #beganMs: number;
  #way: LocalFirstAnswer | undefined;

  constructor(parts: LiveParts) {
    const { request, asked, before, maxMs } = parts;
    const { clock } = asked.context;
    this.#parts = parts;
    this.request = request;
    this.#beganMs = clock.nowMs();
    this.#times =
      before === undefined
        ? askedTimes(request, Math.min(maxMs, asked.context.remainingMs()))
        : timesLeft(before, { wallMs: clock.wallMs(), maxMs });
    this.accepted = before === undefined ? this.#accept() : Promise.resolve();
    this.accepted.catch(() => undefined); // told to those who read along
  }

  standing(): AnswerSummary | undefined {
    return this.#way?.standing();
  }

  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async work(): Promise<void> {
    const { book, id, asked, slots } = this.#parts;
    const stop = asked.state.context.signal;
    setMaxListeners(0, stop); // each message of each session listens
    const signal = AbortSignal.any([stop, this.#stopped.signal]);
    const forget = book.onChange(id, () => this.#heed()); // V4
    let leave = (): void => undefined;
    try {
      await this.accepted; // V1
      leave = await slots.enter(signal);
      for await (const item of this.#begin(signal)) await this.#take(item);
    } catch (error) {
      await this.#fail(AiflowError.from(error), stop.aborted);
    } finally {
      forget();
      leave();
    }
  }

  async #accept(): Promise<void> {
    const { book, id, request, asked } = this.#parts;
    const { engine, textModel } = asked.collaborators;
    const traceParent = asked.context.trace?.traceparent;
    await book.accept(id, withoutId(request), {
      ...{ family: engine.family, modelHash: textModel.modelHash, deadlineMs: this.#times.dueMs },
      ...(traceParent === undefined ? {} : { traceParent }),
    });
  }

  #begin(signal: AbortSignal): AsyncGenerator<AskItem, void> {
    const { asked, before } = this.#parts;
    const passedMs = asked.context.clock.nowMs() - this.#beganMs;
    const [deadlineMs, endMs] = [this.#times.dueMs - passedMs, this.#times.endMs - passedMs];
    const times = endMs > deadlineMs ? { revisionsUntilMs: Math.max(0, endMs) } : {};
    const { revisionsUntilMs: _until, ...plain } = withoutId(this.request);
    const trace = before?.traceParent === undefined ? asked.context.trace : traceOf(before.traceParent);
    const context = detached(asked, { signal, trace, remainingMs: () => this.#leftMs() });
    const request = { ...plain, deadlineMs: Math.max(0, deadlineMs), ...times };
    this.#way = answerLocallyFirst({ ...asked, context }, request, { isPatient: !mayStandIn(request) });
    return this.#way.items();
  }

  /** More than the work may take: its own times bound it. */
  #leftMs(): number {
    const { clock } = this.#parts.asked.context;
    return Math.max(0, (this.#beganMs + this.#times.endMs - clock.nowMs()) * 1.06 + 1);
  }

  async #take(item: AskItem): Promise<void> {
    if (item.kind === 'revision') this.newest = item.revision;
    if (item.kind === 'summary') await this.#takeSummary(item.summary);
    this.#tell();
  }

  async #takeSummary(summary: AnswerSummary): Promise<void> {
    const answer = { summary, ...(this.newest === undefined ? {} : { revision: this.newest }) };
    const noted = this.#isWanted(summary) ? await this.#settle(answer) : await this.#noteAlone(answer);
    if (summary.provisional === true) this.provisional = noted;
    else this.end = { kind: 'answered', summary: noted };
  }

  /** Nobody else could add to it. */
  #isWanted(summary: AnswerSummary): boolean {
    const { exits, format } = this.#parts.asked.collaborators.engine;
    if (!mayStandIn(this.request) || summary.outcome === 'far') return summary.provisional !== true;
    if (exits.includes(summary.exit) && format === 'fp32') return summary.provisional !== true;
    return summary.outcome === 'complete' && settledIn(summary) === Number.POSITIVE_INFINITY;
  }

  async #settle(answer: GivenAnswer): Promise<AnswerSummary> {
    const { book, id } = this.#parts;
    const marked = this.#markLate(answer);
    return this.#note(marked, (record, nowMs) => ({
      record: settleAnswer(record, marked, nowMs),
      more: endFinish(book.store, id),
    }));
  }

  async #noteAlone(answer: GivenAnswer): Promise<AnswerSummary> {
    const { book, id, asked } = this.#parts;
    const { engine } = asked.collaborators;
    const { summary } = answer;
    if (summary.provisional === true && (!mayStandIn(this.request) || engine.exits.includes(summary.exit))) {
      return summary;
    }
    const awaitsRevision = { requestId: id, because: summary.reasons[0] ?? 'nobody deeper had a word' };
    const { provisional: _provisional, ...told } = summary;
    const marked = this.#markLate({ ...answer, summary: { ...told, awaitsRevision } });
    const draft = this.#way?.draft() ?? { exit: 0, tokens: [] };
    const isLast = summary.provisional !== true || summary.committed === 0;
    const noted = await this.#note(marked, (record, nowMs) => {
      const isFirst = record.epoch === record.epochBase;
      const isAsking = isLast && (isFirst || waitingFinish(book.store, id) !== undefined);
      const next = answerAlone(record, { ...marked, draft }, { isAsking, nowMs });
      return { record: next, more: isAsking ? [putFinish(next, asked.context.self.node, nowMs)] : [] }; // V2
    });
    return summary.provisional === true ? { ...noted, provisional: true } : noted;
  }

  /** V1. What stands then, which may be another's. */
  async #note(
    answer: GivenAnswer,
    decide: (record: RequestRecord, nowMs: number) => NonNullable<ReturnType<Parameters<RequestBook['change']>[1]>>,
  ): Promise<AnswerSummary> {
    const { book, id, asked } = this.#parts;
    try {
      const record = await book.change(id, before =>
        isSettled(before) ? undefined : decide(before, asked.context.clock.wallMs()),
      );
      return record !== undefined && isSettled(record) ? (record.summary ?? answer.summary) : answer.summary;
    } catch (error) {
      const { message } = AiflowError.from(error);
      asked.context.logger.warn('an answer is not noted on the disk', { request: id, message });
      const { awaitsRevision: _awaited, ...summary } = answer.summary;
      return { ...summary, reasons: [...summary.reasons, `not noted on the disk: ${message}`] };
    }
  }

  #markLate(answer: GivenAnswer): GivenAnswer {
    const { before, asked } = this.#parts;
    const isLate = before !== undefined && asked.context.clock.wallMs() > before.dueMs;
    return isLate ? { ...answer, summary: { ...answer.summary, late: true } } : answer;
  }

  /** V3. */
  async #fail(error: AiflowError, isStopping: boolean): Promise<void> {
    const { book, id, asked } = this.#parts;
    const record = book.get(id);
    const stands = this.standing();
    if (record?.summary !== undefined && isSettled(record)) this.end = { kind: 'answered', summary: record.summary };
    else if (record === undefined || isStopping) this.end = { kind: 'failed', error };
    else if (record.summary !== undefined) {
      const revision = this.newest ?? record.revision;
      const answer = { summary: record.summary, ...(revision === undefined ? {} : { revision }) };
      this.end = { kind: 'answered', summary: await this.#noteAlone(answer) };
    } else if (stands !== undefined && error.code === 'deadline-exceeded' && !this.#isWanted(stands)) {
      const summary = await this.#noteAlone({ summary: { ...stands, outcome: 'deadline', exact: false } });
      this.end = { kind: 'answered', summary };
    } else {
      const { code, message } = error;
      const nowMs = asked.context.clock.wallMs();
      await this.#note({ summary: {} as AnswerSummary }, before => ({
        record: failRequest(before, { code, message }, nowMs),
      }));
      this.end = { kind: 'failed', error };
    }
    this.#tell();
  }

  #heed(): void {
    const record = this.#parts.book.get(this.#parts.id);
    if (record !== undefined && isSettled(record) && this.end === undefined) {
      this.#stopped.abort(new AiflowError('cancelled', 'others finished the answer'));
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function withoutId({ id: _id, ...request }: AskRequest): AskRequest {
  return request;
}

function traceOf(traceparent: string): NonNullable<MessageContext['trace']> {
  return { traceparent, tracestate: '' };
}

/** A context that outlives the message it comes from. */
function detached(
  { state, context: asker }: Asked,
  own: Pick<MessageContext, 'signal' | 'trace' | 'remainingMs'>,
): MessageContext {
  const { context } = state;
  const { self, clock, random, logger } = context;
  const traced = own.trace === undefined ? {} : { trace: own.trace };
  return {
    ...{ self, clock, random, logger, from: asker.from, messageId: asker.messageId, ...own },
    tell: (to, contract, message, options) => context.tell(to, contract, message, { ...traced, ...options }),
    ask: (to, contract, request, options) => context.ask(to, contract, request, { ...traced, ...options }),
    stream: (to, contract, request, options) => context.stream(to, contract, request, { ...traced, ...options }),
  };
}
