// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from '@aiflow/actor';
import { AiflowError, type Revision } from '@aiflow/protocol';
import type { AnswerSummary, AskItem, AskRequest } from '@aiflow/roles';

/** Settings of a question. */
export interface QuestionOptions extends Omit<AskRequest, 'question'>, Pick<CallOptions, 'signal' | 'trace'> {
  /** The node that is asked and owns the session. Default: a device that answers, else an edge, else the cloud. */
  readonly at?: string;
}

/** What a question came to. */
export interface AnswerResult {
  /** The last revision; absent when time ran out before the first. */
  readonly revision: Revision | undefined;
  /** Its text; empty when there is none. */
  readonly text: string;
  /** Of the answer at its deadline it is `provisional`. */
  readonly summary: AnswerSummary;
}

/**
 * An answer under way. Iterate over it for its revisions as they come, or await it for the last one; either begins the
 * work, and only once.
 */
export interface Answer extends AsyncIterable<Revision>, PromiseLike<AnswerResult> {
  /**
   * The best answer at the deadline, with the tier, exit, confidence and committed bytes of its revision. It is the last
   * one unless `revisionsUntilMs` lets revisions follow: await the answer itself for those; both are of one reading. The
   * work goes on when nobody awaits it: the question's `signal` ends it.
   */
  atDeadline(): Promise<AnswerResult>;
}

/** Wraps the items of an answer. `items` is called once, when the answer is awaited or iterated. */
export function createAnswer(items: () => AsyncIterable<AskItem>): Answer {
  let begun = false;
  let reading: Reading | undefined;
  const begin = (): AsyncIterable<AskItem> => {
    if (begun) throw new AiflowError('failed-precondition', 'this answer was read already: ask again for another');
    begun = true;
    return items();
  };
  const read = async (which: keyof Reading): Promise<AnswerResult> => {
    reading ??= readAnswer(begin());
    return reading[which];
  };
  return {
    [Symbol.asyncIterator]: () => revisionsOf(begin()),
    // biome-ignore lint/suspicious/noThenProperty: an answer can be awaited as well as iterated
    then: (onResult, onError) => read('last').then(onResult, onError),
    atDeadline: () => read('atDeadline'),
  };
}

async function* revisionsOf(items: AsyncIterable<AskItem>): AsyncGenerator<Revision, void> {
  for await (const item of items) if (item.kind === 'revision') yield item.revision;
}

/** What one reading of the items comes to. */
interface Reading {
  readonly atDeadline: Promise<AnswerResult>;
  readonly last: Promise<AnswerResult>;
}

function readAnswer(items: AsyncIterable<AskItem>): Reading {
  let stand = (_result: AnswerResult): void => undefined;
  const standing = new Promise<AnswerResult>(resolve => {
    stand = resolve;
  });
  const last = settle(items, stand);
  const atDeadline = Promise.race([standing, last]);
  for (const promise of [atDeadline, last]) promise.catch(() => undefined); // one of them may never be awaited
  return { atDeadline, last };
}

async function settle(
  items: AsyncIterable<AskItem>,
  onProvisional: (result: AnswerResult) => void,
): Promise<AnswerResult> {
  let revision: Revision | undefined;
  for await (const item of items) {
    if (item.kind === 'revision') {
      revision = item.revision;
      continue;
    }
    if (item.kind === 'accepted') continue;
    const result = { revision, text: revision?.text ?? '', summary: item.summary };
    if (item.summary.provisional !== true) return result;
    onProvisional(result);
  }
  throw new AiflowError('data-loss', 'the answer ended without its summary: ask again');
}
