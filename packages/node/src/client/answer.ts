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
  readonly summary: AnswerSummary;
}

/**
 * An answer under way. Iterate over it for its revisions as they come, or await it for the last one; either begins the
 * work, and only once.
 */
export interface Answer extends AsyncIterable<Revision>, PromiseLike<AnswerResult> {}

/** Wraps the items of an answer. `items` is called once, when the answer is awaited or iterated. */
export function createAnswer(items: () => AsyncIterable<AskItem>): Answer {
  let begun = false;
  const begin = (): AsyncIterable<AskItem> => {
    if (begun) throw new AiflowError('failed-precondition', 'this answer was read already: ask again for another');
    begun = true;
    return items();
  };
  return {
    [Symbol.asyncIterator]: () => revisionsOf(begin()),
    // biome-ignore lint/suspicious/noThenProperty: an answer can be awaited as well as iterated
    then: (onResult, onError) => settle(begin).then(onResult, onError),
  };
}

async function* revisionsOf(items: AsyncIterable<AskItem>): AsyncGenerator<Revision, void> {
  for await (const item of items) if (item.kind === 'revision') yield item.revision;
}

async function settle(begin: () => AsyncIterable<AskItem>): Promise<AnswerResult> {
  let revision: Revision | undefined;
  for await (const item of begin()) {
    if (item.kind === 'revision') revision = item.revision;
    else return { revision, text: revision?.text ?? '', summary: item.summary };
  }
  throw new AiflowError('data-loss', 'the answer ended without its summary: ask again');
}
