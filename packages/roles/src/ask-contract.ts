// SPDX-License-Identifier: Apache-2.0
import type { AuditReport, CostLedger, ReferenceMember, SessionOutcome, TierStatistics } from '@aiflow/decode';
import { jsonStream, type Revision, revisionPayload, type StreamContract } from '@aiflow/protocol';
import { type AskRequest, isRequestId, parseAskRequest, type TierChoice } from './ask-request.ts';
import type { DecidedTokens } from './deciding-exits.ts';
import { parseCostLedger } from './ledger-report.ts';
import type { LinkTraffic } from './link-traffic.ts';
import { type PlanReport, parsePlanReport } from './plan-report.ts';
import type { DomainScore } from './text-model.ts';

/** What became of a question. The last item of every answer, but for a provisional one. */
export interface AnswerSummary {
  readonly session: string;
  /**
   * True where more follows: this was due at the deadline of a request with `revisionsUntilMs`, and tells how the answer
   * stood. Absent from the last summary, and so from every one of a request without that field.
   */
  readonly provisional?: true;
  /** `far`: refused, as the question lies too far from what the family was trained on. */
  readonly outcome: SessionOutcome | 'far';
  readonly far: boolean;
  /** The wanted exit judged every token in fp32, and an audit, if asked for, found nothing else. */
  readonly exact: boolean;
  /** In plain words: why not exact, and what went wrong on the way. */
  readonly reasons: readonly string[];
  /** How it was answered in the end; never `auto`. */
  readonly mode: TierChoice;
  readonly exit: number;
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly committed: number;
  /** Ended by itself, not at its token limit or deadline. */
  readonly endedByItself: boolean;
  /** Who had the last word, from which token on. */
  readonly references: readonly ReferenceMember[];
  readonly tiers: readonly TierStatistics[];
  readonly links: readonly LinkTraffic[];
  readonly durationMs: number;
  /** When the first revision came; absent when there was none. */
  readonly firstRevisionMs?: number;
  readonly domain?: DomainScore;
  readonly audit?: AuditReport;
  /** Under an exit policy: how many tokens each exit decided. */
  readonly decided?: readonly DecidedTokens[];
  /**
   * Under a policy with a risk: of the tokens that an exit before the policy's last is sure enough of, at most this share
   * differs from the deepest exit's, as calibrated for each exit by itself. Over several exits shares add up at worst.
   */
  readonly statedRisk?: number;
  /** What the planner decided; absent when it was not asked or knew of no way to the wanted exit. */
  readonly plan?: PlanReport;
  /** Why no plan was followed, where that has a reason of its own: an exit policy, drafts for the deadline. */
  readonly whyUnplanned?: string;
  /** What it cost: time and tokens by tier, payload bytes by link, joules where watts are stated. */
  readonly ledger?: CostLedger;
  /** Of a request with an id: others were asked to finish what this node had to say alone, and why it had to. */
  readonly awaitsRevision?: AwaitedRevision;
  /** True where a node that died meanwhile answered after the deadline. */
  readonly late?: true;
}

/** A revision that will come, unless nobody can make it in time. */
export interface AwaitedRevision {
  readonly requestId: string;
  readonly because: string;
}

/**
 * One item of an answer: its states as they come, newest last, then the summary. With `revisionsUntilMs` a provisional
 * summary may stand among them: the revision before it is the best answer at the deadline. The answer to a request with
 * an id begins with `accepted`, once the request is safe on the node's disk.
 */
export type AskItem =
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'revision'; readonly revision: Revision }
  | { readonly kind: 'summary'; readonly summary: AnswerSummary };

/** Asks any node a question: a stream of revisions and, last, a summary that is not provisional. */
export const askAnswer: StreamContract<AskRequest, AskItem> = jsonStream('aiflow.ask', {
  request: parseAskRequest,
  item: parseAskItem,
});

function parseAskItem(json: unknown): AskItem {
  const item = json as { kind?: unknown; id?: unknown; revision?: unknown; summary?: unknown } | null;
  if (item?.kind === 'accepted' && isRequestId(item.id)) return { kind: 'accepted', id: item.id as string };
  if (item?.kind === 'revision') return { kind: 'revision', revision: revisionPayload.fromJson(item.revision) };
  if (item?.kind === 'summary' && typeof item.summary === 'object' && item.summary !== null) {
    return { kind: 'summary', summary: parseSummary(item.summary as AnswerSummary) };
  }
  throw new Error(`an item is a revision, a summary or an acceptance, got kind ${String(item?.kind)}`);
}

/** Checks what of a summary came from outside. */
export function parseSummary({ plan, ledger, provisional, ...rest }: AnswerSummary): AnswerSummary {
  return {
    ...rest,
    ...(provisional === true ? { provisional } : {}),
    ...(plan === undefined ? {} : { plan: parsePlanReport(plan) }),
    ...(ledger === undefined ? {} : { ledger: parseCostLedger(ledger) }),
  };
}
