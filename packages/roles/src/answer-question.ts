// SPDX-License-Identifier: Apache-2.0
import type { ActorContext, MessageContext } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { answerAlone } from './answer-alone.ts';
import type { AnswerPlan, AnswerPlanner } from './answer-planner.ts';
import type { AnswerRun } from './answer-run.ts';
import { answerTogether } from './answer-together.ts';
import type { AnswererCollaborators, AnswererRoleOptions } from './answerer-options.ts';
import type { AskItem } from './ask-contract.ts';
import type { AskRequest } from './ask-request.ts';
import { beginRun } from './begin-run.ts';
import { chooseMembers } from './choose-members.ts';
import { choosePolicy, tiersOf } from './choose-policy.ts';
import type { ResolvedPolicy } from './exit-policy.ts';
import { findMembers } from './find-members.ts';
import { markDeadline } from './mark-deadline.ts';
import { prepareQuestion } from './prepare-question.ts';
import { relayAnswer, tryHandOver } from './relay-answer.ts';
import { refuseQuestion, scoreDomain } from './weigh-question.ts';

/** What an answerer keeps between questions. */
export interface AnswererState {
  readonly context: ActorContext;
  readonly prefix: string;
  answered: number;
  readonly planner: AnswerPlanner;
}

/** A question and where it came to. */
export interface Asked {
  readonly collaborators: AnswererCollaborators;
  readonly options: AnswererRoleOptions;
  readonly state: AnswererState;
  readonly context: MessageContext;
}

const DEFAULT_MAX_TOKENS = 128;
const DEFAULT_CANDIDATES = 3;

/**
 * Answers a question: decides who takes part, then streams the states of the answer, the summary last. Where the answer
 * may be revised after its deadline, a provisional summary tells how it stands then.
 */
export async function* answerQuestion(asked: Asked, request: AskRequest): AsyncGenerator<AskItem, void> {
  const { collaborators, options, context } = asked;
  const { engine, textModel, directory } = collaborators;
  const prepared = prepareQuestion(textModel, request.question, request.maxTokens ?? DEFAULT_MAX_TOKENS, options);
  checkExit(request.exit, engine.family, options.familyExits);
  const facts = {
    ...{ engine, directory, familyExit: options.familyExits && Math.max(...options.familyExits) },
    draftExit: options.draftExit ?? engine.exits[0] ?? 0,
    maxCandidates: options.maxCandidates ?? DEFAULT_CANDIDATES,
  };
  const choice = chooseMembers(facts, tiersOf(request), request.exit);
  const policy = choosePolicy(request, options, { engine, choice });
  const run = beginRun(asked, request, { ...prepared, choice });
  context.logger.debug('a question is answered', { session: run.session, mode: choice.mode });
  yield* markDeadline(run, begun => answerBy(asked, begun, policy));
}

function answerBy(asked: Asked, run: AnswerRun, policy: ResolvedPolicy | undefined): AsyncGenerator<AskItem, void> {
  if (policy !== undefined) return weighThen(run, weighed => answerAlone(weighed, policy));
  const plan = planFor(asked, run);
  if (plan === undefined) return answerAs(run, run.choice.mode);
  return isSilentAtDeadline(plan, run)
    ? answerAs(withoutPlan(run, plan), run.choice.mode)
    : carryOut({ ...run, plan, choice: plan.choice }, run);
}

/** Without drafts nothing is there before the reference speaks. Where it may be revised, a draft is worth more than that. */
function isSilentAtDeadline({ decision }: AnswerPlan, run: AnswerRun): boolean {
  const { kind, firstTokenMs } = decision.plan;
  const wouldDraft = run.choice.mode === 'two' || run.choice.mode === 'three';
  return run.mayBeRevised && wouldDraft && kind === 'pull' && firstTokenMs > run.remainingToDeadlineMs();
}

function withoutPlan(run: AnswerRun, { decision }: AnswerPlan): AnswerRun {
  const reason = `drafts were made for the deadline, by which "${decision.plan.label}" was not expected to have a word`;
  return { ...run, choice: { ...run.choice, reasons: [...run.choice.reasons, reason] } };
}

/** What a node does without a plan, or where a plan says the same. */
function answerAs(run: AnswerRun, mode: AnswerRun['choice']['mode']): AsyncGenerator<AskItem, void> {
  return mode === 'cloud-only' ? relayAnswer(run) : weighThen(run, answerTogether);
}

/** A hand-over that nobody asked for and that fails leaves the question to the fixed choice. */
async function* carryOut(planned: AnswerRun, fixed: AnswerRun): AsyncGenerator<AskItem, void> {
  const isOurIdea = planned.choice.mode === 'cloud-only' && fixed.choice.mode !== 'cloud-only';
  if (!isOurIdea) return yield* answerAs(planned, planned.choice.mode);
  const end = yield* tryHandOver(planned);
  if (end.kind === 'answered') return;
  const { setbacks, revisionsShown } = end;
  yield* weighThen({ ...fixed, plan: planned.plan, setbacks, revisionsShown }, answerTogether);
}

async function* weighThen(
  run: AnswerRun,
  answer: (weighed: AnswerRun) => AsyncGenerator<AskItem, void>,
): AsyncGenerator<AskItem, void> {
  const domain = await scoreDomain(run);
  const weighed = { ...run, domain };
  const isFar = domain !== undefined && domain.score > domain.threshold;
  yield* isFar ? refuseQuestion(weighed) : answer(weighed);
}

function planFor({ collaborators, options, state }: Asked, run: AnswerRun): AnswerPlan | undefined {
  const { engine, directory, ownCosts } = collaborators;
  const { family } = engine;
  const { node, tier, choice, request, links, maxTokens } = run;
  return state.planner.plan({
    ...{ node, tier, engine, choice, links, maxTokens, draftExit: options.draftExit },
    tiers: request.tiers ?? 'auto',
    mayHandOver: request.audit !== true && !run.mayBeRevised, // so that drafts stand at the deadline
    judges: findMembers(directory, family, 'verify'),
    answerers: findMembers(directory, family, 'answer'),
    reported: name => (name === node ? ownCosts?.() : directory.costs(name, family)),
    acceptance: options.acceptance ?? [],
    promptTokens: run.prompt.length,
    deadlineMs: run.remainingToDeadlineMs(),
    maxCandidates: options.maxCandidates ?? DEFAULT_CANDIDATES,
  });
}

function checkExit(exit: number | undefined, family: string, exits: readonly number[] | undefined): void {
  if (exit === undefined || exits === undefined || exits.includes(exit)) return;
  throw new AiflowError('not-found', `family ${family} has no exit ${exit}: its exits are ${exits.join(', ')}`);
}
