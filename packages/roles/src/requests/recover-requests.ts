// SPDX-License-Identifier: Apache-2.0
//
// What a node owes when it starts, and what others owe it.
//
// C1  A request that was accepted and not answered is asked again, of the node itself and under its id.
// C2  An answer that awaits its revision while no item asks for it any more, because a peer took it and forgot, is asked
//     for again under the next epoch: after `confirmAfterMs`, then after twice that, and so on. An item that was offered to
//     a node keeps to that node, so it counts as taken; one that was not may do so since before a restart, which nobody can
//     tell, and is given UNOFFERED_PATIENCE times as long.
// C3  After its `finishWithinMs` nobody is asked any more, and what stands is the answer. Time counts by the wall clock or
//     by this process, whichever says more: a clock that was set back keeps nobody waiting for ever.
import { type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { AskItem } from '../ask-contract.ts';
import { type AskRequest, DEFAULT_DEADLINE_MS } from '../ask-request.ts';
import { DEFAULT_FINISH_WITHIN_MS, putFinish, waitingFinish } from './finish-item.ts';
import type { RequestBook } from './request-book.ts';
import { askOthers, giveUp, type RequestRecord } from './request-record.ts';

/** What recovery works with; all stay the caller's. */
export interface RecoveryCollaborators {
  readonly book: RequestBook;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** The name of this node, to which answers come home. */
  readonly node: string;
  /** Asks this node's own answerer. */
  readonly ask: (
    request: AskRequest,
    limits: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ) => AsyncIterable<AskItem>;
}

/** How recovery goes about it. */
export interface RecoveryOptions {
  /** Requests answered again at once. Default 2. */
  readonly concurrency?: number;
  /** How long after its delivery an item may go without an answer. Default 60 000. */
  readonly confirmAfterMs?: number;
}

/** Recovers until it is disposed of. */
export interface RequestRecovery extends AsyncDisposable {
  /** Resolves when all that had been accepted before is answered, or has failed. */
  readonly caughtUp: Promise<void>;
}

const DEFAULT_CONFIRM_MS = 60_000;
const MAX_DOUBLINGS = 6;
const UNOFFERED_PATIENCE = 5;
/** Work of a node that is full is tried again. */
const RETRY_MS = 1000;

/** Begins at once. */
export function recoverRequests(collaborators: RecoveryCollaborators, options: RecoveryOptions = {}): RequestRecovery {
  const stop = new AbortController();
  const caughtUp = answerAgain(collaborators, options, stop.signal).catch(() => undefined);
  const watch = new RevisionWatch(collaborators, options);
  const watching = watch.run(stop.signal).catch(() => undefined);
  return {
    caughtUp,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new AiflowError('cancelled', 'the node stops'));
      await Promise.all([caughtUp, watching]);
    },
  };
}

/** C1. */
async function answerAgain(
  collaborators: RecoveryCollaborators,
  { concurrency = 2 }: RecoveryOptions,
  signal: AbortSignal,
): Promise<void> {
  const waiting = collaborators.book
    .list()
    .filter(({ state }) => state === 'accepted')
    .reverse();
  const work = async (): Promise<void> => {
    for (let record = waiting.shift(); record !== undefined; record = waiting.shift()) {
      await answerOnce(collaborators, record, signal);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

async function answerOnce(
  { book, ask, clock, logger = SILENT_LOGGER }: RecoveryCollaborators,
  { id, request }: RequestRecord,
  signal: AbortSignal,
): Promise<void> {
  const { revisionsUntilMs: _until, ...plain } = request;
  const timeoutMs = 2 * (request.deadlineMs ?? DEFAULT_DEADLINE_MS) + 10_000;
  while (book.get(id)?.state === 'accepted' && !signal.aborted) {
    try {
      for await (const _item of ask({ ...plain, id }, { signal, timeoutMs }));
      return;
    } catch (error) {
      const { code, message } = AiflowError.from(error);
      logger.warn('a request of before the restart is not answered yet', { request: id, code, message });
      await sleep(clock, RETRY_MS, signal);
    }
  }
}

interface Watched {
  /** Since when it awaits a revision, in this process. */
  readonly sinceMs: number;
  /** Since when its item is taken, or not. */
  readonly fromMs: number;
  readonly isTaken: boolean;
  readonly askings: number;
}

class RevisionWatch {
  readonly #collaborators: RecoveryCollaborators;
  readonly #confirmAfterMs: number;
  readonly #watched = new Map<string, Watched>();

  constructor(collaborators: RecoveryCollaborators, { confirmAfterMs = DEFAULT_CONFIRM_MS }: RecoveryOptions) {
    this.#collaborators = collaborators;
    this.#confirmAfterMs = confirmAfterMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger = SILENT_LOGGER } = this.#collaborators;
    for (;;) {
      for (const record of this.#awaiting(logger)) {
        try {
          await this.#check(record);
        } catch (error) {
          logger.warn('a revision could not be asked for', {
            request: record.id,
            message: AiflowError.from(error).message,
          });
        }
      }
      await sleep(clock, this.#confirmAfterMs / 4, signal);
    }
  }

  #awaiting(logger: Logger): readonly RequestRecord[] {
    try {
      return this.#listAwaiting();
    } catch (error) {
      logger.warn('requests could not be read', { message: AiflowError.from(error).message });
      return [];
    }
  }

  #listAwaiting(): readonly RequestRecord[] {
    const records = this.#collaborators.book.list().filter(({ state }) => state === 'alone');
    const ids = new Set(records.map(({ id }) => id));
    for (const id of this.#watched.keys()) if (!ids.has(id)) this.#watched.delete(id);
    return records;
  }

  async #check(record: RequestRecord): Promise<void> {
    const { book, clock } = this.#collaborators;
    const nowMs = clock.nowMs();
    const watched = this.#watched.get(record.id) ?? { sinceMs: nowMs, fromMs: nowMs, isTaken: false, askings: 0 };
    this.#watched.set(record.id, watched);
    const { finishWithinMs = DEFAULT_FINISH_WITHIN_MS } = record.request;
    const waitedMs = Math.max(clock.wallMs() - record.changedMs, nowMs - watched.sinceMs);
    if (waitedMs >= finishWithinMs) return this.#giveUp(record, finishWithinMs); // C3
    const waiting = waitingFinish(book.store, record.id);
    const isTaken = waiting === undefined || waiting.attempts > 0;
    if (isTaken !== watched.isTaken) this.#watched.set(record.id, { ...watched, isTaken, fromMs: nowMs });
    if (isTaken !== watched.isTaken) return;
    const patience = isTaken ? 1 : UNOFFERED_PATIENCE;
    if (nowMs - watched.fromMs < patience * this.#confirmAfterMs * 2 ** Math.min(MAX_DOUBLINGS, watched.askings))
      return;
    this.#watched.set(record.id, { ...watched, fromMs: nowMs, askings: watched.askings + 1 });
    await this.#askAgain(record.id); // C2
  }

  async #askAgain(id: string): Promise<void> {
    const { book, clock, node } = this.#collaborators;
    await book.change(id, record => {
      const next = askOthers(record);
      return next === record ? undefined : { record: next, more: [putFinish(next, node, clock.wallMs())] };
    });
  }

  async #giveUp({ id }: RequestRecord, finishWithinMs: number): Promise<void> {
    const { book, clock } = this.#collaborators;
    const reason = `nobody finished the answer within ${finishWithinMs} ms`;
    await book.change(id, record => ({ record: giveUp(record, reason, clock.wallMs()) }));
  }
}
