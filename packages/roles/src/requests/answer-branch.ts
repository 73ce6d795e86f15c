// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import type { MessageContext } from '@aiflow/actor';
import { AiflowError, type Revision } from '@aiflow/protocol';
import { answerQuestion } from '../answer-question.ts';
import type { AnswerRun } from '../answer-run.ts';
import type { AnswerSummary } from '../ask-contract.ts';
import type { AskRequest } from '../ask-request.ts';
import type { Asked } from '../asked.ts';

/** One way of answering that is under way: read as it comes, the newest state kept. */
export interface AnswerBranch {
  readonly run: AnswerRun | undefined;
  readonly newest: Revision | undefined;
  /** How it stood at the deadline. */
  readonly provisional: AnswerSummary | undefined;
  /** Its last. */
  readonly summary: AnswerSummary | undefined;
  readonly error: AiflowError | undefined;
  stop(): void;
}

/** Begins to answer; `onNews` is called whenever something of it has changed. */
export function startBranch(asked: Asked, request: AskRequest, onNews: () => void): AnswerBranch {
  const branch = new ReadingBranch(onNews);
  void branch.read(asked, request);
  return branch;
}

class ReadingBranch implements AnswerBranch {
  run: AnswerRun | undefined;
  newest: Revision | undefined;
  provisional: AnswerSummary | undefined;
  summary: AnswerSummary | undefined;
  error: AiflowError | undefined;
  readonly #stopped = new AbortController();
  readonly #onNews: () => void;

  constructor(onNews: () => void) {
    this.#onNews = onNews;
  }

  async read(asked: Asked, request: AskRequest): Promise<void> {
    setMaxListeners(0, asked.context.signal); // each message of the session listens
    const signal = AbortSignal.any([asked.context.signal, this.#stopped.signal]);
    const onRun = (run: AnswerRun): void => {
      this.run = run;
    };
    try {
      for await (const item of answerQuestion({ ...asked, context: heeding(asked.context, signal), onRun }, request)) {
        if (item.kind === 'revision') this.newest = item.revision;
        else if (item.kind === 'summary' && item.summary.provisional === true) this.provisional = item.summary;
        else if (item.kind === 'summary') this.summary = item.summary;
        this.#onNews();
      }
      if (this.summary === undefined) this.error = new AiflowError('internal', 'an answer ended without its summary');
    } catch (error) {
      this.error = AiflowError.from(error);
    }
    this.#onNews();
  }

  stop(): void {
    this.#stopped.abort(new AiflowError('cancelled', 'this way of answering is not needed any more'));
  }
}

/** The context with another signal. */
function heeding(context: MessageContext, signal: AbortSignal): MessageContext {
  const { self, clock, random, logger, from, messageId, trace } = context;
  return {
    ...{ self, clock, random, logger, from, messageId, trace, signal },
    remainingMs: () => context.remainingMs(),
    tell: (...call) => context.tell(...call),
    ask: (...call) => context.ask(...call),
    stream: (...call) => context.stream(...call),
  };
}
