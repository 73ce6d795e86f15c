// SPDX-License-Identifier: Apache-2.0
//
// One asker's view of a request with an id: what is noted of it and, while it is under way, what is said meanwhile.
//
//   accepted, then revisions -> provisional summary, then revisions -> last summary
//
// A1  Whatever is settled on the disk is the answer, whoever made it.
// A2  Who allows no revisions gets the summary that stands when the work ends; who does waits on for what others make of
//     an answer that was given alone.
// A3  Sequence numbers grow. What came home may have been numbered after what was noted, not after what was shown since:
//     the settled answer is shown all the same, under the next number.
import type { MessageContext } from '@aiflow/actor';
import { AiflowError, type Revision } from '@aiflow/protocol';
import type { AnswerSummary, AskItem } from '../ask-contract.ts';
import type { AskRequest } from '../ask-request.ts';
import type { LiveRequest } from './live-request.ts';
import type { RequestBook } from './request-book.ts';
import { isSettled, type RequestRecord } from './request-record.ts';
import { askedTimes } from './request-times.ts';

/** What is read, and for whom. */
export interface RequestReading {
  readonly id: string;
  readonly request: AskRequest;
  readonly context: MessageContext;
  readonly book: RequestBook;
  /** Undefined when nothing of it is under way. */
  readonly live: LiveRequest | undefined;
}

/** Work that ends at the asker's own time is waited for so much longer. */
const GRACE_MS = 100;

/** The items of a request that was accepted. */
export async function* readRequest(reading: RequestReading): AsyncGenerator<AskItem, void> {
  const { id, live, context } = reading;
  await unlessAborted(live?.accepted, context.signal);
  yield { kind: 'accepted', id };
  const reader = new Reader(reading);
  for (;;) {
    const step = reader.next();
    if (step.kind === 'wait') await news(reading, step.limitMs);
    else yield step.item;
    if (step.kind === 'end') return;
  }
}

type Step =
  | { readonly kind: 'item' | 'end'; readonly item: AskItem }
  | { readonly kind: 'wait'; readonly limitMs: number };

class Reader {
  readonly #reading: RequestReading;
  readonly #mayWait: boolean;
  readonly #untilMs: number;
  #shown = 0;
  #shownText: string | undefined;
  #isTold = false;

  constructor(reading: RequestReading) {
    const { request, context } = reading;
    const { dueMs, endMs } = askedTimes(request, context.remainingMs());
    this.#reading = reading;
    this.#mayWait = endMs > dueMs;
    this.#untilMs = context.clock.nowMs() + endMs;
  }

  next(): Step {
    const { revision, last, provisional, isSettled: isLast } = stateOf(this.#reading);
    if (revision !== undefined && (revision.sequence > this.#shown || (isLast && revision.text !== this.#shownText))) {
      return this.#showing(revision);
    }
    const leftMs = this.#untilMs - this.#reading.context.clock.nowMs();
    if (last !== undefined && !(this.#awaits(last) && leftMs > 0)) return summing('end', last);
    const standing = provisional ?? last;
    if (standing !== undefined && this.#mayWait && !this.#isTold) {
      this.#isTold = true;
      return summing('item', { ...standing, provisional: true });
    }
    const limitMs = last === undefined ? leftMs + GRACE_MS : leftMs;
    return limitMs > 0 ? { kind: 'wait', limitMs } : summing('end', leave(this.#reading, this.#shown));
  }

  /** A3. */
  #showing(revision: Revision): Step {
    const sequence = Math.max(this.#shown + 1, revision.sequence);
    this.#shown = sequence;
    this.#shownText = revision.text;
    return { kind: 'item', item: { kind: 'revision', revision: { ...revision, sequence } } };
  }

  /** A2. */
  #awaits({ awaitsRevision }: AnswerSummary): boolean {
    return this.#mayWait && awaitsRevision !== undefined;
  }
}

function summing(kind: 'item' | 'end', summary: AnswerSummary): Step {
  return { kind, item: { kind: 'summary', summary } };
}

interface RequestView {
  readonly revision: Revision | undefined;
  /** Nothing more comes of the work itself. */
  readonly last: AnswerSummary | undefined;
  readonly provisional: AnswerSummary | undefined;
  /** Neither of it will change any more. */
  readonly isSettled?: boolean;
}

/** A1. */
function stateOf({ id, book, live }: RequestReading): RequestView {
  const record = book.get(id);
  if (record !== undefined && (isSettled(record) || live === undefined)) return recorded(record);
  if (live?.end?.kind === 'failed') throw live.end.error;
  return { revision: live?.newest, last: live?.end?.summary, provisional: live?.provisional };
}

function recorded({ id, revision, summary, error, state }: RequestRecord): RequestView {
  if (state === 'failed') {
    throw new AiflowError(error?.code ?? 'unknown', error?.message ?? `request ${id} failed: ask under another id`);
  }
  return { revision, last: summary, provisional: undefined, isSettled: isSettled({ state }) };
}

/** The asker's time is over before that of the work, which goes on. */
function leave({ id, live }: RequestReading, shown: number): AnswerSummary {
  const standing = live?.standing();
  if (standing !== undefined && shown > 0) return { ...standing, outcome: 'deadline', exact: false };
  throw new AiflowError('deadline-exceeded', `request ${id} is under way still: ask for it again under its id`);
}

/** Resolves when something has changed, or after `limitMs`. */
async function news({ id, book, live, context }: RequestReading, limitMs: number): Promise<void> {
  const { clock, signal } = context;
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = clock.setTimer(Math.max(0, limitMs), () => over(resolve));
    const forgets = [book.onChange(id, () => over(resolve)), live?.onNews(() => over(resolve))];
    const abort = (): void => over(() => reject(AiflowError.from(signal.reason, 'cancelled')));
    const over = (then: () => void): void => {
      timer.cancel();
      signal.removeEventListener('abort', abort);
      for (const forget of forgets) forget?.();
      then();
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}

async function unlessAborted(work: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await work;
  signal.throwIfAborted();
}
