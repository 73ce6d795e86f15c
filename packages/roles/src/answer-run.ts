// SPDX-License-Identifier: Apache-2.0
import type { ActorCaller, Logger } from '@aiflow/actor';
import { costLedgerOf, type SessionOptions, type SessionResult } from '@aiflow/decode';
import type { Engine } from '@aiflow/model';
import type { Tier } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { AnswerPlan, AnswerPlanner } from './answer-planner.ts';
import type { AnswerSummary } from './ask-contract.ts';
import type { AskRequest } from './ask-request.ts';
import type { MemberChoice } from './choose-members.ts';
import { ledgerFacts } from './ledger-facts.ts';
import type { TrafficCounter } from './link-traffic.ts';
import { planReportOf, whyNotDrafted } from './plan-report.ts';
import type { LinkBook } from './relay/link-book.ts';
import type { StandingAnswer } from './standing-answer.ts';
import type { DomainScore, TextModel } from './text-model.ts';

/** One question on its way: who it concerns, what it may cost, what was counted so far. */
export interface AnswerRun {
  readonly request: AskRequest;
  readonly session: string;
  readonly node: string;
  readonly tier: Tier;
  readonly engine: Engine;
  readonly textModel: TextModel;
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly choice: MemberChoice;
  readonly domain: DomainScore | undefined;
  /** Speaks while the request lives, and after it. */
  readonly caller: ActorCaller;
  readonly farewell: ActorCaller;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the asker gives up. */
  readonly signal: AbortSignal;
  readonly traffic: TrafficCounter;
  readonly decoding: SessionOptions;
  readonly planner: AnswerPlanner;
  readonly links: LinkBook;
  /** How it is to be answered; undefined: as the fixed choice says. */
  readonly plan: AnswerPlan | undefined;
  /** Why no plan is followed, where that has a reason of its own. */
  readonly whyUnplanned?: string;
  /** Whether this node's own deep exit judges what its shallow one drafts. */
  readonly judgesItself?: boolean;
  /** What the owner's drafts cost, where something has to stand at the deadline. */
  readonly draftPace?: { readonly stepMs: number; readonly openMs: number };
  /** What went wrong before this way of answering was begun, and how many revisions were shown by then. */
  readonly setbacks: readonly string[];
  readonly revisionsShown: number;
  /** What a node draws while it computes, if it says so. */
  readonly wattsOf: (node: string) => number | undefined;
  readonly beganMs: number;
  readonly standing: StandingAnswer;
  /** Whether work may go on beyond the deadline. */
  readonly mayBeRevised: boolean;
  /** Time left until the last word has to be on its way back. */
  remainingMs(): number;
  /** Time left until the best answer there is has to be on its way back; 0 while it is revised. */
  remainingToDeadlineMs(): number;
}

/** What of a result is summed up. */
export type SummedResult = Pick<
  SessionResult,
  'exact' | 'reasons' | 'committed' | 'endedByItself' | 'references' | 'tiers'
> & { readonly outcome: AnswerSummary['outcome']; readonly tokens: { readonly length: number } };

/** What all summaries of a run share. */
export function summarize(
  run: AnswerRun,
  result: SummedResult,
  more: { readonly firstRevisionMs?: number | undefined; readonly audit?: AnswerSummary['audit'] } = {},
): AnswerSummary {
  const { choice, domain, plan } = run;
  const { outcome, exact, committed, endedByItself, references, tiers } = result;
  const durationMs = run.clock.nowMs() - run.beganMs;
  return {
    session: run.session,
    ...{ outcome, far: false, exact, committed, endedByItself, references, tiers },
    reasons: [
      ...result.reasons,
      ...choice.reasons,
      ...run.setbacks,
      ...(plan === undefined ? [] : whyNotDrafted(plan.decision)),
    ],
    mode: choice.mode,
    exit: choice.wantedExit,
    promptTokens: run.prompt.length,
    answerTokens: result.tokens.length,
    links: run.traffic.traffic(),
    durationMs,
    ledger: costLedgerOf({ ...result, durationMs }, ledgerFacts(run, tiers)),
    ...describePlan(run),
    ...(more.firstRevisionMs === undefined ? {} : { firstRevisionMs: more.firstRevisionMs }),
    ...(domain === undefined ? {} : { domain }),
    ...(more.audit === undefined ? {} : { audit: more.audit }),
  };
}

function describePlan({ plan, whyUnplanned }: AnswerRun): Pick<AnswerSummary, 'plan' | 'whyUnplanned'> {
  if (plan !== undefined) return { plan: planReportOf(plan.decision) };
  return whyUnplanned === undefined ? {} : { whyUnplanned };
}

/** The exit that drafts. */
export function draftExitOf({ decoding, engine, plan }: Pick<AnswerRun, 'decoding' | 'engine' | 'plan'>): number {
  return plan?.decision.plan.members[0]?.exit ?? decoding.draftExit ?? engine.exits[0] ?? 0;
}

/** The owner's exit that has the last word where nobody else has: the wanted one, or the deepest it holds. */
export function localExitOf({ engine, choice }: Pick<AnswerRun, 'engine' | 'choice'>): number {
  return engine.exits.includes(choice.wantedExit) ? choice.wantedExit : (engine.exits.at(-1) ?? 0);
}

/** The result of a run that has no word yet. */
export function nothingSaid({ clock, beganMs }: AnswerRun): SummedResult {
  return {
    ...{
      outcome: 'deadline' as const,
      exact: false,
      committed: 0,
      endedByItself: false,
      tokens: [],
      references: [],
      tiers: [],
    },
    reasons: [`the deadline came after ${Math.round(clock.nowMs() - beganMs)} ms, before the first word`],
  };
}
