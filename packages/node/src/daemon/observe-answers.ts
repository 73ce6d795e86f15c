// SPDX-License-Identifier: Apache-2.0
import type { AnswerObserver, AnswerSummary } from '@aiflow/roles';
import { ATTRIBUTES, SPAN_NAMES, type Span, type Telemetry } from '@aiflow/telemetry';

/**
 * Marks answers in traces. A span says which plan was chosen, what it was expected to take and the first reason beyond
 * that, in an event too, as drawn traces show those; under an exit policy it has an event for each exit, saying how many
 * tokens it decided.
 */
export function observeAnswers(telemetry: Pick<Telemetry, 'startSpan'>, family: string): AnswerObserver {
  return trace => {
    const span = telemetry.startSpan(SPAN_NAMES.answer, {
      parent: trace,
      attributes: { [ATTRIBUTES.modelName]: family },
    });
    return summary => {
      if (summary?.decided === undefined && summary?.plan === undefined) return; // a span that does not end leaves no trace
      span.setAttribute(ATTRIBUTES.session, summary.session);
      span.setAttribute(ATTRIBUTES.outputTokens, summary.answerTokens);
      markPlan(span, summary.plan);
      if (summary.ledger?.joules !== undefined) span.setAttribute(ATTRIBUTES.joules, summary.ledger.joules);
      markPolicy(span, summary);
      span.end();
    };
  };
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
