// SPDX-License-Identifier: Apache-2.0
import type { ActorSystem, CallOptions } from '@aiflow/actor';
import { AiflowError, type Revision } from '@aiflow/protocol';
import { type AnswerSummary, type AskItem, type AskRequest, askAnswer } from '@aiflow/roles';
import type { FleetNode } from './fleet.ts';

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

const DEFAULT_DEADLINE_MS = 30_000;
/** What a question's stream may take beyond its deadline: the way there and back. */
const MARGIN_MS = 2000;

/** The items of an answer, asked of `node` when the first one is wanted. */
export function streamAnswer(
  actors: Pick<ActorSystem, 'stream'>,
  node: FleetNode,
  question: string,
  options: QuestionOptions,
): AsyncIterable<AskItem> {
  const { signal, trace, at: _at, ...request } = options;
  return actors.stream(
    answererOf(node),
    askAnswer,
    { question, ...request },
    {
      timeoutMs: (options.deadlineMs ?? DEFAULT_DEADLINE_MS) + MARGIN_MS,
      ...(signal === undefined ? {} : { signal }),
      ...(trace === undefined ? {} : { trace }),
    },
  );
}

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

const ANSWER_PREFIX = 'answer:';
const PREFERENCE = ['device', 'edge', 'cloud'];

/** The node to ask: the one named, else the one nearest to the user that answers. Throws `not-found`. */
export function chooseAnswerer(nodes: readonly FleetNode[], name: string | undefined): FleetNode {
  const able = nodes.filter(node => node.state === 'alive' && answers(node));
  const chosen = name === undefined ? able.sort(byPreference)[0] : able.find(node => node.name === name);
  if (chosen) return chosen;
  const who = able.map(node => node.name).join(', ') || 'none';
  throw new AiflowError(
    'not-found',
    `${name === undefined ? 'no node' : `node ${name} does not`} answer${name === undefined ? 's' : ''} questions (those that do: ${who}): give one a model and roles.answer`,
  );
}

function byPreference(one: FleetNode, other: FleetNode): number {
  return PREFERENCE.indexOf(one.tier) - PREFERENCE.indexOf(other.tier) || (one.name < other.name ? -1 : 1);
}

function answers(node: FleetNode): boolean {
  return node.actors.some(actor => actor.capabilities.some(capability => capability.startsWith(ANSWER_PREFIX)));
}

function answererOf(node: FleetNode): { readonly node: string; readonly actor: string } {
  const actor = node.actors.find(({ capabilities }) => capabilities.some(text => text.startsWith(ANSWER_PREFIX)));
  return { node: node.name, actor: actor?.name ?? 'answerer' };
}
