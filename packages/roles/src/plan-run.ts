// SPDX-License-Identifier: Apache-2.0
import type { PlanKind } from '@aiflow/placement';
import type { AnswerPlan } from './answer-planner.ts';
import type { AnswerRun } from './answer-run.ts';
import { type Asked, DEFAULT_CANDIDATES } from './asked.ts';
import { findMembers } from './find-members.ts';

/** What the planner says of a run; `kinds` narrows its choice. Undefined where it knows of no way. */
export function planRun(
  { collaborators, options, state }: Asked,
  run: AnswerRun,
  kinds?: readonly PlanKind[],
): AnswerPlan | undefined {
  const { engine, directory, ownCosts } = collaborators;
  const { family } = engine;
  const { node, tier, choice, request, links, maxTokens } = run;
  return state.planner.plan({
    ...{ node, tier, engine, choice, links, maxTokens, kinds, draftExit: options.draftExit },
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
