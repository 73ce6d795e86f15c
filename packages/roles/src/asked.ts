// SPDX-License-Identifier: Apache-2.0
import type { ActorContext, MessageContext } from '@aiflow/actor';
import type { AnswerPlanner } from './answer-planner.ts';
import type { AnswerRun } from './answer-run.ts';
import type { AnswererCollaborators, AnswererRoleOptions } from './answerer-options.ts';
import type { RequestDesk } from './requests/request-desk.ts';

/** What an answerer keeps between questions. */
export interface AnswererState {
  readonly context: ActorContext;
  readonly prefix: string;
  answered: number;
  readonly planner: AnswerPlanner;
  readonly desk: RequestDesk;
}

/** A question's message and where it came to. */
export interface Asked {
  readonly collaborators: AnswererCollaborators;
  readonly options: AnswererRoleOptions;
  readonly state: AnswererState;
  readonly context: MessageContext;
  /** Hears of the run as it begins. */
  readonly onRun?: (run: AnswerRun) => void;
}

/** Nodes that may stand in for one another, where the options name no number. */
export const DEFAULT_CANDIDATES = 3;
