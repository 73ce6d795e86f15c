// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import { type ActorContext, type ActorDefinition, defineActor, type MessageContext, onStream } from '@aiflow/actor';
import { type SessionOptions, withTimeLimit } from '@aiflow/decode';
import type { Engine } from '@aiflow/model';
import type { AcceptanceFacts, PlacementNode } from '@aiflow/placement';
import { AiflowError, type Tier, type TraceContext } from '@aiflow/protocol';
import { answerAlone } from './answer-alone.ts';
import { type AnswerRun, summarize } from './answer-run.ts';
import { refusalText } from './answer-text.ts';
import { answerTogether } from './answer-together.ts';
import { type AnswerSummary, type AskItem, askAnswer } from './ask-contract.ts';
import type { AskRequest } from './ask-request.ts';
import { formatCapability } from './capability.ts';
import { chooseMembers, type MemberChoice } from './choose-members.ts';
import { choosePolicy, type PolicySettings, tiersOf } from './choose-policy.ts';
import type { Directory } from './directory.ts';
import { createDraftingAdvisor, type DraftingAdvisor } from './drafting-advisor.ts';
import { createTrafficCounter } from './link-traffic.ts';
import { type PreparedQuestion, prepareQuestion, type QuestionLimits } from './prepare-question.ts';
import type { LinkBook } from './relay/link-book.ts';
import { relayAnswer } from './relay-answer.ts';
import type { DomainScore, TextModel } from './text-model.ts';

/** What an answerer works with; all stay the caller's. */
export interface AnswererCollaborators {
  readonly engine: Engine;
  readonly textModel: TextModel;
  readonly directory: Directory;
  /** Marks each answer in the trace of its request. Default: nobody does. */
  readonly observe?: AnswerObserver;
  /** Links from this node as the mesh measures them. Default: nothing is known of any. */
  readonly links?: LinkBook;
  /** What this node's own exits cost now, how busy it is and what it draws. Default: unknown. */
  readonly ownCosts?: () => PlacementNode | undefined;
}

/** Hears of an answer that begins; what it returns hears the summary, or nothing when the answer failed. */
export type AnswerObserver = (trace: TraceContext | undefined) => (summary: AnswerSummary | undefined) => void;

/** Settings of an answerer. */
export interface AnswererRoleOptions extends QuestionLimits, PolicySettings {
  /** The tier this node plays. */
  readonly tier: Tier;
  /** The actor's name. Default `answerer`. */
  readonly name?: string;
  /**
   * All exits of the family. The deepest is the answer that is wanted unless a request says otherwise; one that the
   * family lacks is refused. Default: the deepest known is wanted, and none is refused.
   */
  readonly familyExits?: readonly number[];
  /** The exit that drafts. Default: the engine's shallowest. */
  readonly draftExit?: number;
  /** How often the family's exits agree, as its manifest says. Default: nothing is known, 0.8 for every pair. */
  readonly acceptance?: readonly AcceptanceFacts[];
  /** Questions answered at once. Default 8. */
  readonly concurrency?: number;
  /** Nodes that may stand in for one another, by tier. Default 3. */
  readonly maxCandidates?: number;
  /** The longest a question may take, whatever its asker allows. Default 120 000. */
  readonly maxDeadlineMs?: number;
  /** How sessions are decoded: window, draft length, timeouts. */
  readonly decoding?: Pick<
    SessionOptions,
    | 'draftLength'
    | 'window'
    | 'maxBlockTokens'
    | 'maxAhead'
    | 'maxOpenings'
    | 'verdictTimeoutMs'
    | 'openTimeoutMs'
    | 'draftTimeoutMs'
  >;
}

interface AnswererState {
  readonly context: ActorContext;
  readonly prefix: string;
  answered: number;
  readonly advisor: DraftingAdvisor;
}

const DEFAULT_DEADLINE_MS = 30_000;
const DEFAULT_MAX_TOKENS = 128;

/**
 * An actor that answers questions ({@link askAnswer}) and owns their sessions: it drafts with `engine`, has the deeper
 * exits it finds in `directory` judge, and streams the states of the answer, the summary last.
 */
export function createAnswererRole(
  collaborators: AnswererCollaborators,
  options: AnswererRoleOptions,
): ActorDefinition<AnswererState> {
  const { family, format, exits } = collaborators.engine;
  return defineActor<AnswererState>({
    name: options.name ?? 'answerer',
    capabilities: exits.map(exit => formatCapability({ duty: 'answer', family, exit, format })),
    concurrency: options.concurrency ?? 8,
    handlerTimeoutMs: options.maxDeadlineMs ?? 120_000,
    create: context => ({
      context,
      prefix: `${context.self.node}.${context.random.below(2 ** 32).toString(36)}`,
      answered: 0,
      advisor: createDraftingAdvisor(),
    }),
    handlers: [
      onStream(askAnswer, (state, request, context) => answer({ collaborators, options, state, context }, request)),
    ],
  });
}

interface Asked {
  readonly collaborators: AnswererCollaborators;
  readonly options: AnswererRoleOptions;
  readonly state: AnswererState;
  readonly context: MessageContext;
}

/** Nothing a question can cause is a fault of this actor: whatever is thrown here is the answer. */
async function* answer(asked: Asked, request: AskRequest): AsyncGenerator<AskItem, void> {
  const { node } = asked.context.self;
  const ended = asked.collaborators.observe?.(asked.context.trace);
  let summary: AnswerSummary | undefined;
  try {
    for await (const item of answerKnown(asked, request)) {
      if (item.kind === 'summary') summary = item.summary;
      yield item;
    }
  } catch (error) {
    throw withDeadline(AiflowError.from(error), request).at({ node, hop: node });
  } finally {
    ended?.(summary);
  }
}

/** Parts of the work have limits of their own, which the asker does not know: what was asked for stands first. */
function withDeadline(error: AiflowError, { deadlineMs = DEFAULT_DEADLINE_MS }: AskRequest): AiflowError {
  if (error.code !== 'deadline-exceeded') return error;
  const { details, node, hop } = error;
  return new AiflowError(error.code, `not answered within the ${deadlineMs} ms that were asked for: ${error.message}`, {
    ...{ cause: error, details },
    ...(node === undefined ? {} : { node }),
    ...(hop === undefined ? {} : { hop }),
  });
}

async function* answerKnown(asked: Asked, request: AskRequest): AsyncGenerator<AskItem, void> {
  const { collaborators, options, context } = asked;
  const { engine, textModel, directory } = collaborators;
  const prepared = prepareQuestion(textModel, request.question, request.maxTokens ?? DEFAULT_MAX_TOKENS, options);
  checkExit(request.exit, engine.family, options.familyExits);
  const facts = {
    ...{ engine, directory, familyExit: options.familyExits && Math.max(...options.familyExits) },
    draftExit: options.draftExit ?? engine.exits[0] ?? 0,
    maxCandidates: options.maxCandidates ?? 3,
  };
  const choice = chooseMembers(facts, tiersOf(request), request.exit);
  const policy = choosePolicy(request, options, { engine, choice });
  const run = begin(asked, request, { ...prepared, choice });
  if (choice.mode === 'cloud-only') return yield* relayAnswer(run);
  const domain = await scoreDomain(run);
  const weighed = { ...run, domain };
  context.logger.debug('a question is answered', { session: run.session, mode: choice.mode });
  if (domain !== undefined && domain.score > domain.threshold) return yield* refuse(weighed);
  yield* policy === undefined ? answerTogether(weighed) : answerAlone(weighed, policy);
}

function checkExit(exit: number | undefined, family: string, exits: readonly number[] | undefined): void {
  if (exit === undefined || exits === undefined || exits.includes(exit)) return;
  throw new AiflowError('not-found', `family ${family} has no exit ${exit}: its exits are ${exits.join(', ')}`);
}

function begin(
  { collaborators, options, state, context }: Asked,
  request: AskRequest,
  fitted: PreparedQuestion & { readonly choice: MemberChoice },
): AnswerRun {
  const { clock, logger, signal } = context;
  setMaxListeners(0, signal); // each message of the session listens; the session bounds how many are under way
  const beganMs = clock.nowMs();
  const allowedMs = Math.min(request.deadlineMs ?? DEFAULT_DEADLINE_MS, withReserve(context.remainingMs()));
  state.answered += 1;
  return {
    ...{ ...collaborators, ...fitted, request, clock, logger, signal, beganMs },
    session: `${state.prefix}.${state.answered}`,
    node: context.self.node,
    tier: options.tier,
    domain: undefined,
    caller: context,
    farewell: state.context,
    advisor: state.advisor,
    traffic: createTrafficCounter(),
    decoding: {
      ...options.decoding,
      ...(options.draftExit === undefined ? {} : { draftExit: options.draftExit }),
    },
    remainingMs: () => Math.max(0, beganMs + allowedMs - clock.nowMs()),
  };
}

/** A part of the asker's time is kept for the way back. */
function withReserve(remainingMs: number): number {
  return remainingMs - Math.min(200, remainingMs * 0.05);
}

/** A check that fails or takes more than a quarter of the time says nothing. */
async function scoreDomain(run: AnswerRun): Promise<DomainScore | undefined> {
  const { clock, signal, textModel, request } = run;
  const limitMs = run.remainingMs() / 4;
  try {
    return await withTimeLimit({ clock, limitMs, what: 'weighing the question', signal }, inner =>
      textModel.scoreDomain(request.question, inner),
    );
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, message } = AiflowError.from(error);
    const level = code === 'deadline-exceeded' ? 'debug' : 'warn'; // of a short deadline the answer itself tells
    run.logger[level]('a question could not be weighed', { message });
    return undefined;
  }
}

async function* refuse(run: AnswerRun): AsyncGenerator<AskItem, void> {
  const { session, tier, textModel, choice, domain } = run;
  const text = refusalText(textModel.examples);
  const bytes = Buffer.byteLength(text);
  const ageMs = run.clock.nowMs() - run.beganMs;
  const marks = { committed: 0, committedBytes: bytes, edgeBytes: bytes, finished: true };
  const { modelHash } = textModel;
  const revision = { session, sequence: 1, tier, exit: choice.wantedExit, modelHash, confidence: 1, ageMs, text };
  yield { kind: 'revision', revision: { ...revision, ...marks } };
  const reason = `the question lies outside what the family was trained on: ${domain?.score.toFixed(2)} bits per byte, the limit is ${domain?.threshold}`;
  const nothing = { tokens: [], committed: 0, endedByItself: true, references: [], tiers: [] };
  const summary = summarize(run, { outcome: 'complete', exact: false, reasons: [reason], ...nothing });
  yield { kind: 'summary', summary: { ...summary, outcome: 'far', far: true, firstRevisionMs: ageMs } };
}
