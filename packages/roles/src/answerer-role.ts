// SPDX-License-Identifier: Apache-2.0
import { type ActorDefinition, defineActor, onStream } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { createAnswerPlanner } from './answer-planner.ts';
import type { AnswererCollaborators, AnswererRoleOptions } from './answerer-options.ts';
import { type AnswerSummary, type AskItem, askAnswer } from './ask-contract.ts';
import { type AskRequest, DEFAULT_DEADLINE_MS } from './ask-request.ts';
import type { AnswererState, Asked } from './asked.ts';
import { formatCapability } from './capability.ts';
import { createRequestDesk, WAITING_READERS } from './requests/request-desk.ts';

/** How long an asker may wait for the revision of an answer. */
const LONGEST_READING_MS = 3_600_000;

/**
 * An actor that answers questions ({@link askAnswer}) and owns their sessions: it drafts with `engine`, has the deeper
 * exits it finds in `directory` judge, and streams the states of the answer, the summary last.
 */
export function createAnswererRole(
  collaborators: AnswererCollaborators,
  options: AnswererRoleOptions,
): ActorDefinition<AnswererState> {
  const { family, format, exits } = collaborators.engine;
  const { requests } = collaborators;
  const { concurrency = 8, maxDeadlineMs = 120_000 } = options;
  return defineActor<AnswererState>({
    name: options.name ?? 'answerer',
    capabilities: exits.map(exit => formatCapability({ duty: 'answer', family, exit, format })),
    concurrency: requests === undefined ? concurrency : concurrency + WAITING_READERS,
    handlerTimeoutMs: requests === undefined ? maxDeadlineMs : LONGEST_READING_MS,
    create: context => ({
      context,
      prefix: `${context.self.node}.${context.random.below(2 ** 32).toString(36)}`,
      answered: 0,
      planner: createAnswerPlanner(context.random.fork('placement')),
      desk: createRequestDesk(requests, { concurrency, maxDeadlineMs }),
    }),
    handlers: [
      onStream(askAnswer, (state, request, context) => answer({ collaborators, options, state, context }, request)),
    ],
  });
}

/** Nothing a question can cause is a fault of this actor: whatever is thrown here is the answer. */
async function* answer(asked: Asked, request: AskRequest): AsyncGenerator<AskItem, void> {
  const { node } = asked.context.self;
  const ended = asked.collaborators.observe?.(asked.context.trace);
  let summary: AnswerSummary | undefined;
  try {
    for await (const item of asked.state.desk.answer(asked, request)) {
      if (item.kind === 'summary' && item.summary.provisional !== true) summary = item.summary;
      yield item;
    }
  } catch (error) {
    throw withDeadline(AiflowError.from(error), request).at({ node, hop: node });
  } finally {
    ended?.(summary);
  }
}

/** Parts of the work have limits of their own, which the asker does not know: what was asked for stands first. */
function withDeadline(error: AiflowError, request: AskRequest): AiflowError {
  const { deadlineMs = DEFAULT_DEADLINE_MS, revisionsUntilMs = deadlineMs } = request;
  if (error.code !== 'deadline-exceeded') return error;
  const { details, node, hop } = error;
  return new AiflowError(
    error.code,
    `not answered within the ${revisionsUntilMs} ms that were asked for: ${error.message}`,
    {
      ...{ cause: error, details },
      ...(node === undefined ? {} : { node }),
      ...(hop === undefined ? {} : { hop }),
    },
  );
}
