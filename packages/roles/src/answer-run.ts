// SPDX-License-Identifier: Apache-2.0
import type { ActorCaller, Logger } from '@aiflow/actor';
import type { SessionOptions, SessionResult } from '@aiflow/decode';
import type { Engine } from '@aiflow/model';
import type { Tier } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { AnswerSummary } from './ask-contract.ts';
import type { AskRequest } from './ask-request.ts';
import type { MemberChoice } from './choose-members.ts';
import type { DraftingAdvisor } from './drafting-advisor.ts';
import type { TrafficCounter } from './link-traffic.ts';
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
  readonly advisor: DraftingAdvisor;
  readonly beganMs: number;
  /** Time left until the answer has to be on its way back. */
  remainingMs(): number;
}

/** What all summaries of a run share. */
export function summarize(
  run: AnswerRun,
  result: Pick<
    SessionResult,
    'outcome' | 'exact' | 'reasons' | 'tokens' | 'committed' | 'endedByItself' | 'references' | 'tiers'
  >,
  more: { readonly firstRevisionMs?: number | undefined; readonly audit?: AnswerSummary['audit'] } = {},
): AnswerSummary {
  const { choice, domain } = run;
  const { outcome, exact, committed, endedByItself, references, tiers } = result;
  return {
    session: run.session,
    ...{ outcome, far: false, exact, committed, endedByItself, references, tiers },
    reasons: [...result.reasons, ...choice.reasons],
    mode: choice.mode,
    exit: choice.wantedExit,
    promptTokens: run.prompt.length,
    answerTokens: result.tokens.length,
    links: run.traffic.traffic(),
    durationMs: run.clock.nowMs() - run.beganMs,
    ...(more.firstRevisionMs === undefined ? {} : { firstRevisionMs: more.firstRevisionMs }),
    ...(domain === undefined ? {} : { domain }),
    ...(more.audit === undefined ? {} : { audit: more.audit }),
  };
}
