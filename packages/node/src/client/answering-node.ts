// SPDX-License-Identifier: Apache-2.0
import type { ActorSystem } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { type AskItem, askAnswer } from '@aiflow/roles';
import type { QuestionOptions } from './answer.ts';
import type { FleetNode } from './fleet.ts';

const DEFAULT_DEADLINE_MS = 30_000;
/** What a question's stream may take beyond its deadline, or its last revision: the way there and back. */
const MARGIN_MS = 2000;

/** The items of an answer, asked of `node` when the first one is wanted. */
export function streamAnswer(
  actors: Pick<ActorSystem, 'stream'>,
  node: FleetNode,
  question: string,
  options: QuestionOptions,
): AsyncIterable<AskItem> {
  const { signal, trace, at: _at, ...request } = options;
  const { deadlineMs = DEFAULT_DEADLINE_MS, revisionsUntilMs = 0 } = request;
  return actors.stream(
    answererOf(node),
    askAnswer,
    { question, ...request },
    {
      timeoutMs: Math.max(deadlineMs, revisionsUntilMs) + MARGIN_MS,
      ...(signal === undefined ? {} : { signal }),
      ...(trace === undefined ? {} : { trace }),
    },
  );
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
