// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from '@aiflow/roles';
import type { SpanRecord } from '@aiflow/telemetry';
import type { AnswerResult } from '../client/answer.ts';
import type { FleetNode } from '../client/fleet.ts';
import type { AskedQuestion } from './run-question.ts';

/** What one tier did for an answer. */
export interface TierReport {
  readonly node: string;
  readonly tier: string;
  readonly pid: number;
  /** Under an exit policy the deepest that decided a token; `decided` of the report has all. */
  readonly exit: number;
  readonly drafted: number;
  readonly accepted: number;
  /** Time its model computed. */
  readonly ms: number;
}

/** Payload bytes of one message kind over one link. */
export interface TrafficReport {
  readonly link: string;
  readonly kind: string;
  readonly messages: number;
  readonly bytes: number;
}

/** A span as programs read it. */
export type SpanReport = Pick<
  SpanRecord,
  'traceId' | 'spanId' | 'parentId' | 'name' | 'node' | 'startMs' | 'durationMs'
>;

/** The answer as it stood at its deadline, when it could still be revised. */
export interface DeadlineReport {
  readonly answer: string;
  /** Who changed it last, and with which exit; absent before the first word. */
  readonly tier?: string;
  readonly exit?: number;
  readonly confidence?: number;
  /** Leading tokens, and UTF-8 bytes of the answer, that no revision changed. */
  readonly committed: number;
  readonly committedBytes: number;
  readonly reasons: readonly string[];
  readonly durationMs: number;
}

/** The object that `--json` prints. */
export interface AnswerReport {
  readonly question: string;
  readonly answer: string;
  /** With `--revise-until`, unless the answer was whole by its deadline. All else is of the answer in the end. */
  readonly atDeadline?: DeadlineReport;
  readonly reference?: string;
  readonly cloudOnlyAnswer?: string;
  readonly exact: boolean;
  readonly far: boolean;
  readonly outcome: AnswerSummary['outcome'];
  readonly reasons: readonly string[];
  readonly exit: number;
  /** Under an exit policy: tokens by the exit that decided them, and the risk its margins promise. */
  readonly decided?: AnswerSummary['decided'];
  readonly statedRisk?: number;
  /** What the planner decided, and what the answer cost; see `aiflow ask --explain`. */
  readonly plan?: AnswerSummary['plan'];
  /** Why no plan was followed, where that has a reason of its own. */
  readonly whyUnplanned?: string;
  readonly ledger?: AnswerSummary['ledger'];
  readonly durationMs: number;
  readonly cloudOnlyDurationMs?: number;
  readonly tiers: readonly TierReport[];
  readonly bytes: readonly TrafficReport[];
  readonly trace: { readonly spans: readonly SpanReport[] };
  readonly broker?: { readonly version: string };
}

/** What a report is made from besides the answer itself. */
export interface AnswerReportFacts {
  readonly nodes: readonly FleetNode[];
  readonly spans: readonly SpanRecord[];
  readonly reference?: string | undefined;
  readonly cloudOnly?: AskedQuestion | undefined;
  readonly brokerVersion?: string | undefined;
}

/** Sums an answer up for programs. */
export function reportAnswer(asked: AskedQuestion, owner: string, facts: AnswerReportFacts): AnswerReport {
  const { summary } = asked;
  const { reference, cloudOnly, brokerVersion } = facts;
  return {
    question: asked.question,
    answer: asked.answer,
    ...(asked.atDeadline === undefined ? {} : { atDeadline: reportDeadline(asked.atDeadline) }),
    ...(reference === undefined ? {} : { reference }),
    ...(cloudOnly === undefined ? {} : { cloudOnlyAnswer: cloudOnly.answer }),
    exact: summary.exact && (cloudOnly === undefined || cloudOnly.answer === asked.answer),
    far: summary.far,
    outcome: summary.outcome,
    reasons: summary.reasons,
    exit: summary.exit,
    ...(summary.decided === undefined ? {} : { decided: summary.decided }),
    ...(summary.statedRisk === undefined ? {} : { statedRisk: summary.statedRisk }),
    ...(summary.plan === undefined ? {} : { plan: summary.plan }),
    ...(summary.whyUnplanned === undefined ? {} : { whyUnplanned: summary.whyUnplanned }),
    ...(summary.ledger === undefined ? {} : { ledger: summary.ledger }),
    durationMs: round(summary.durationMs),
    ...(cloudOnly === undefined ? {} : { cloudOnlyDurationMs: round(cloudOnly.summary.durationMs) }),
    tiers: reportTiers(summary, facts.nodes),
    bytes: reportTraffic(summary, owner),
    trace: { spans: facts.spans.map(reportSpan) },
    ...(brokerVersion === undefined ? {} : { broker: { version: brokerVersion } }),
  };
}

function reportDeadline({ revision, text, summary }: AnswerResult): DeadlineReport {
  const { committed, reasons, durationMs } = summary;
  const said =
    revision === undefined ? {} : { tier: revision.tier, exit: revision.exit, confidence: revision.confidence };
  return {
    ...{ answer: text, ...said, committed, reasons, durationMs: round(durationMs) },
    committedBytes: revision?.committedBytes ?? 0,
  };
}

/** What each tier did, the owner first. A verifier's `drafted` counts tokens it was asked to judge. */
export function reportTiers(summary: AnswerSummary, nodes: readonly FleetNode[]): readonly TierReport[] {
  return summary.tiers.map(tier => ({
    node: tier.node,
    tier: tier.tier,
    pid: nodes.find(node => node.name === tier.node)?.pid ?? 0,
    exit: tier.exit,
    drafted: tier.role === 'drafter' ? tier.drafted : tier.proposed,
    accepted: tier.role === 'drafter' ? acceptedOfDrafter(summary) : tier.accepted,
    ms: round(tier.computeMs),
  }));
}

/** How many drafted tokens stood: what the first judge accepted; all of them where nobody judged. */
function acceptedOfDrafter(summary: AnswerSummary): number {
  const judge = summary.tiers.find(tier => tier.role === 'verifier');
  return judge?.accepted ?? summary.tiers[0]?.drafted ?? 0;
}

/** Bytes by link and message kind, links written from sender to receiver. */
export function reportTraffic(summary: AnswerSummary, owner: string): readonly TrafficReport[] {
  return summary.links.map(({ peer, direction, kind, messages, bytes }) => ({
    link: direction === 'sent' ? `${owner} -> ${peer}` : `${peer} -> ${owner}`,
    ...{ kind, messages, bytes },
  }));
}

function reportSpan({ traceId, spanId, parentId, name, node, startMs, durationMs }: SpanRecord): SpanReport {
  return { traceId, spanId, parentId, name, node, startMs, durationMs };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
