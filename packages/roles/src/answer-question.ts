// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { answerAlone } from './answer-alone.ts';
import type { AnswerRun } from './answer-run.ts';
import { answerTogether } from './answer-together.ts';
import type { AskItem } from './ask-contract.ts';
import type { AskRequest } from './ask-request.ts';
import { type Asked, DEFAULT_CANDIDATES } from './asked.ts';
import { beginRun } from './begin-run.ts';
import { chooseAnswerers } from './choose-answerers.ts';
import { draftFirst, followPlan } from './draft-first.ts';
import { type ResolvedPolicy, wishes } from './exit-policy.ts';
import { markDeadline } from './mark-deadline.ts';
import { planRun } from './plan-run.ts';
import { prepareQuestion } from './prepare-question.ts';
import { relayAnswer, tryHandOver } from './relay-answer.ts';
import { refuseQuestion, scoreDomain } from './weigh-question.ts';

const DEFAULT_MAX_TOKENS = 128;
/** Why an answer whose exits take turns has no plan. */
const BY_POLICY = 'the exit policy chooses the exit of each token, which no plan foretells';

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
  const { choice, policy, request: open } = chooseAnswerers(facts, request, options);
  const run = beginRun(asked, open, { ...prepared, choice });
  asked.onRun?.(run);
  context.logger.debug('a question is answered', { session: run.session, mode: choice.mode });
  yield* markDeadline(run, begun => answerBy(asked, begun, policy));
}

function answerBy(asked: Asked, run: AnswerRun, policy: ResolvedPolicy | undefined): AsyncGenerator<AskItem, void> {
  if (policy !== undefined) {
    return weighThen({ ...run, whyUnplanned: BY_POLICY }, weighed => answerAlone(weighed, policy));
  }
  const plan = planRun(asked, run);
  if (wishes(run.request.exitPolicy ?? {})) {
    return relayAnswer({ ...run, choice: plan?.choice ?? run.choice, whyUnplanned: BY_POLICY });
  }
  const drafting = draftFirst(asked, run, plan);
  if (drafting !== undefined) return answerAs(drafting, drafting.choice.mode);
  return plan === undefined ? answerAs(run, run.choice.mode) : carryOut(followPlan(run, plan), run);
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

/** Throws `not-found` for an exit that the family is known not to have. */
export function checkExit(exit: number | undefined, family: string, exits: readonly number[] | undefined): void {
  if (exit === undefined || exits === undefined || exits.includes(exit)) return;
  throw new AiflowError('not-found', `family ${family} has no exit ${exit}: its exits are ${exits.join(', ')}`);
}
