// SPDX-License-Identifier: Apache-2.0
import type { AnswerObserver, AnswerSummary } from '@aiflow/roles';
import {
  type AnswerFigures,
  ATTRIBUTES,
  createAnswerMetrics,
  SPAN_NAMES,
  type Span,
  type Telemetry,
} from '@aiflow/telemetry';
import type { Clock } from '@aiflow/time';

/** What answers are marked and counted with. */
export interface AnswerObservation {
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'startSpan' | 'metrics'>;
}

/**
 * Marks the answers of `family` in traces and counts them in metrics. A span says which plan was chosen, what it was
 * expected to take and the first reason beyond that, in an event too, as drawn traces show those; under an exit policy it
 * has an event for each exit, saying how many tokens it decided. Once per telemetry: the metrics' names are taken then.
 */
export function observeAnswers({ clock, telemetry }: AnswerObservation, family: string): AnswerObserver {
  const metrics = createAnswerMetrics(telemetry.metrics, family);
  return trace => {
    const beganMs = clock.nowMs();
    const span = telemetry.startSpan(SPAN_NAMES.answer, {
      parent: trace,
      attributes: { [ATTRIBUTES.modelName]: family },
    });
    return summary => {
      if (summary === undefined) return metrics.unanswered(clock.nowMs() - beganMs);
      metrics.answered(figuresOf(summary));
      markAnswer(span, summary);
    };
  };
}

const OUTCOMES: readonly AnswerSummary['outcome'][] = ['complete', 'deadline', 'stuck', 'far'];

/** A node that answered for this one may have made the outcome up: it becomes a label only if it is known. */
function figuresOf({ outcome, mode, plan, ledger, ...summary }: AnswerSummary): AnswerFigures {
  const links = ledger?.links ?? [];
  return {
    outcome: OUTCOMES.includes(outcome) ? outcome : 'other',
    mode,
    plan: plan?.kind ?? 'unplanned',
    durationMs: summary.durationMs,
    firstTokenMs: summary.firstRevisionMs,
    outputTokens: summary.answerTokens,
    draftedTokens: ledger?.drafted ?? 0,
    acceptedTokens: ledger?.accepted ?? 0,
    committedTokens: summary.committed,
    sentBytes: links.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
    receivedBytes: links.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    joules: ledger?.joules,
  };
}

function markAnswer(span: Span, summary: AnswerSummary): void {
  if (summary.decided === undefined && summary.plan === undefined) return; // a span that does not end leaves no trace
  span.setAttribute(ATTRIBUTES.session, summary.session);
  span.setAttribute(ATTRIBUTES.outputTokens, summary.answerTokens);
  markPlan(span, summary.plan);
  if (summary.ledger?.joules !== undefined) span.setAttribute(ATTRIBUTES.joules, summary.ledger.joules);
  markPolicy(span, summary);
  span.end();
}

function markPlan(span: Span, plan: AnswerSummary['plan']): void {
  if (plan === undefined) return;
  const [named, why] = plan.reasons; // the first repeats the plan's name and time
  span.setAttribute(ATTRIBUTES.planKind, plan.kind);
  span.setAttribute(ATTRIBUTES.planExpectedMs, plan.expectedMs);
  span.setAttribute(ATTRIBUTES.planTrial, plan.isTrial);
  const choice = { [ATTRIBUTES.planLabel]: plan.label, [ATTRIBUTES.planReason]: why ?? named ?? plan.label };
  for (const [name, value] of Object.entries(choice)) span.setAttribute(name, value);
  span.event(SPAN_NAMES.planned, choice);
}

function markPolicy(span: Span, { decided = [], statedRisk }: AnswerSummary): void {
  if (statedRisk !== undefined) span.setAttribute(ATTRIBUTES.statedRisk, statedRisk);
  for (const { exit, tokens } of decided) {
    span.event(SPAN_NAMES.decided, { [ATTRIBUTES.exit]: exit, [ATTRIBUTES.committedTokens]: tokens });
  }
}
