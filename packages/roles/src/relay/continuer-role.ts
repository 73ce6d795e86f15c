// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import { type ActorContext, type ActorDefinition, defineActor, type MessageContext, onStream } from '@aiflow/actor';
import type { RelayingEngine } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { formatCapability } from '../capability.ts';
import type { Directory } from '../directory.ts';
import { prepareQuestion, type QuestionLimits } from '../prepare-question.ts';
import type { TextModel } from '../text-model.ts';
import { type ChosenSource, chooseSource } from './choose-source.ts';
import { type ContinueItem, continueAnswer } from './continue-contract.ts';
import type { ContinuePlan } from './continue-plan.ts';
import type { ContinueRequest } from './continue-request.ts';
import { continueRun } from './continue-run.ts';
import { createFeatureFeed, type FeatureFeed, type FeedLimits } from './feature-feed.ts';
import { EMPTY_LINK_BOOK, type LinkBook } from './link-book.ts';

/** What a continuer works with; all stay the caller's. */
export interface ContinuerCollaborators {
  readonly engine: RelayingEngine;
  /** Elements of a hidden row: the family's `hidden`. */
  readonly width: number;
  readonly textModel: TextModel;
  readonly directory: Directory;
  /** Told with each summary. Default: nothing is known. */
  readonly links?: LinkBook;
}

/** Settings of a continuer. */
export interface ContinuerRoleOptions extends QuestionLimits {
  /** The actor's name. Default `continuer`. */
  readonly name?: string;
  /** Answers under way at once. Default 8. */
  readonly concurrency?: number;
  /** The longest an answer may take, whatever its asker allows. Default 120 000. */
  readonly maxDeadlineMs?: number;
  readonly limits?: FeedLimits;
}

interface ContinuerState {
  readonly context: ActorContext;
  readonly prefix: string;
  begun: number;
}

const DEFAULT_DEADLINE_MS = 30_000;
const DEFAULT_MAX_TOKENS = 128;

/**
 * An actor that goes on with an answer where another node stopped ({@link continueAnswer}), computing only the layers from
 * there on. Sources are found in `directory` by their capability `features`; the session at the source ends with the answer
 * unless the request named it.
 */
export function createContinuerRole(
  collaborators: ContinuerCollaborators,
  options: ContinuerRoleOptions = {},
): ActorDefinition<ContinuerState> {
  const { family, format, exits } = collaborators.engine;
  return defineActor<ContinuerState>({
    name: options.name ?? 'continuer',
    capabilities: exits.map(exit => formatCapability({ duty: 'continue', family, exit, format })),
    concurrency: options.concurrency ?? 8,
    handlerTimeoutMs: options.maxDeadlineMs ?? 120_000,
    create: context => ({
      context,
      prefix: `${context.self.node}.${context.random.below(2 ** 32).toString(36)}`,
      begun: 0,
    }),
    handlers: [
      onStream(continueAnswer, (state, request, context) => goOn({ collaborators, options, state, context }, request)),
    ],
  });
}

interface Asked {
  readonly collaborators: ContinuerCollaborators;
  readonly options: ContinuerRoleOptions;
  readonly state: ContinuerState;
  readonly context: MessageContext;
}

/** Nothing a request can cause is a fault of this actor: whatever is thrown here is the answer. */
async function* goOn(asked: Asked, request: ContinueRequest): AsyncGenerator<ContinueItem, void> {
  const { node } = asked.context.self;
  try {
    yield* goOnKnown(asked, request);
  } catch (error) {
    throw AiflowError.from(error).at({ node, hop: node });
  }
}

async function* goOnKnown(asked: Asked, request: ContinueRequest): AsyncGenerator<ContinueItem, void> {
  const { collaborators, context } = asked;
  const { engine, textModel, links = EMPTY_LINK_BOOK } = collaborators;
  const { clock, signal } = context;
  setMaxListeners(0, signal); // each message of the relay listens
  const beganMs = clock.nowMs();
  const allowedMs = Math.min(request.deadlineMs ?? DEFAULT_DEADLINE_MS, context.remainingMs() * 0.95);
  const remainingMs = (): number => Math.max(0, beganMs + allowedMs - clock.nowMs());
  const plan = planOf(asked, request);
  const feed = feedOf(asked, request, { plan, remainingMs });
  const link = links.to(feed?.source.address.node ?? '');
  const { node } = context.self;
  try {
    yield* continueRun({ engine, textModel, clock, signal, node, feed, allowedMs, remainingMs, link }, plan);
  } finally {
    if (request.session === undefined) await feed?.close();
  }
}

function planOf({ collaborators, options, state }: Asked, request: ContinueRequest): ContinuePlan {
  const { engine, textModel } = collaborators;
  const { answer = [], ownTokens = 0, keepsOwn = false, way = 'features', wireFormat = 'fp16', sampling } = request;
  const wanted = request.maxTokens ?? DEFAULT_MAX_TOKENS;
  const { prompt } = prepareQuestion(textModel, request.question, wanted, options);
  const room = textModel.contextTokens - prompt.length - answer.length - ownTokens;
  if (room < 1) {
    throw new AiflowError(
      'out-of-range',
      `prompt, answer and own tokens take ${textModel.contextTokens - room} of a context of ${textModel.contextTokens}: shorten them`,
    );
  }
  const exit = request.exit ?? engine.exits.at(-1) ?? 0;
  if (!engine.exits.includes(exit)) throw unknownExit(exit, engine.exits);
  state.begun += 1;
  const name = `${state.prefix}.${state.begun}`;
  return {
    ...{ answer, way, wireFormat, ownTokens, keepsOwn, prompt, exit },
    session: request.session ?? name,
    engineSession: `continue/${name}`,
    maxTokens: Math.min(wanted, room),
    ...(sampling === undefined ? {} : { sampling }),
  };
}

/** None where only token ids are needed and they are here. */
function feedOf(
  { collaborators, options, state, context }: Asked,
  request: ContinueRequest,
  { plan, remainingMs }: { readonly plan: ContinuePlan; readonly remainingMs: () => number },
): FeatureFeed | undefined {
  if (plan.way === 'ids' && plan.ownTokens === 0 && !plan.keepsOwn) return undefined;
  const { engine, width, directory } = collaborators;
  const { clock, signal } = context;
  const before = plan.way === 'ids' ? plan.exit + 1 : plan.exit; // token ids may come from the wanted exit itself
  const wish = { node: request.source, layer: request.layer, exit: plan.exit, before };
  const source: ChosenSource = chooseSource(engine, directory, wish);
  const { session, wireFormat, prompt, sampling } = plan;
  return createFeatureFeed(
    {
      ...{ clock, signal, source, remainingMs, side: { engine, width }, limits: options.limits ?? {} },
      ...{ caller: context, farewell: state.context },
    },
    { session, epoch: request.epoch ?? 1, wireFormat, prompt, ...(sampling === undefined ? {} : { sampling }) },
  );
}

function unknownExit(exit: number, exits: readonly number[]): AiflowError {
  return new AiflowError('not-found', `exit ${exit} was asked for, this node holds exits ${exits.join(', ')}`, {
    details: { field: 'exit', asked: String(exit), held: exits.join(', ') },
  });
}
