// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import type { AnswerRun } from './answer-run.ts';
import { type AskRequest, DEFAULT_DEADLINE_MS } from './ask-request.ts';
import type { Asked } from './asked.ts';
import type { MemberChoice } from './choose-members.ts';
import { createTrafficCounter } from './link-traffic.ts';
import type { PreparedQuestion } from './prepare-question.ts';
import { EMPTY_LINK_BOOK } from './relay/link-book.ts';
import { createStandingAnswer } from './standing-answer.ts';

/** Starts the clock of a question. */
export function beginRun(
  { collaborators, options, state, context }: Asked,
  request: AskRequest,
  fitted: PreparedQuestion & { readonly choice: MemberChoice },
): AnswerRun {
  const { clock, logger, signal } = context;
  const { node } = context.self;
  const { engine, directory, ownCosts } = collaborators;
  setMaxListeners(0, signal); // each message of the session listens; the session bounds how many are under way
  const beganMs = clock.nowMs();
  const { dueMs, endMs } = limitsOf(request, withReserve(context.remainingMs()));
  state.answered += 1;
  return {
    ...{ ...collaborators, ...fitted, request, clock, logger, signal, beganMs },
    session: `${state.prefix}.${state.answered}`,
    node,
    tier: options.tier,
    domain: undefined,
    caller: context,
    farewell: state.context,
    planner: state.planner,
    ...{ plan: undefined, setbacks: [], revisionsShown: 0, links: collaborators.links ?? EMPTY_LINK_BOOK },
    wattsOf: name => (name === node ? ownCosts?.() : directory.costs(name, engine.family))?.watts,
    traffic: createTrafficCounter(),
    decoding: {
      ...options.decoding,
      ...(options.draftExit === undefined ? {} : { draftExit: options.draftExit }),
    },
    standing: createStandingAnswer(),
    mayBeRevised: endMs > dueMs,
    remainingMs: () => Math.max(0, beganMs + endMs - clock.nowMs()),
    remainingToDeadlineMs: () => Math.max(0, beganMs + dueMs - clock.nowMs()),
  };
}

/** From the start: when the answer is due, and when the last word on it has to be said. */
function limitsOf(
  { deadlineMs = DEFAULT_DEADLINE_MS, revisionsUntilMs = 0 }: AskRequest,
  allowedMs: number,
): { readonly dueMs: number; readonly endMs: number } {
  const dueMs = Math.min(deadlineMs, allowedMs);
  return { dueMs, endMs: Math.max(dueMs, Math.min(revisionsUntilMs, allowedMs)) };
}

/** A part of the asker's time is kept for the way back. */
function withReserve(remainingMs: number): number {
  return remainingMs - Math.min(200, remainingMs * 0.05);
}
