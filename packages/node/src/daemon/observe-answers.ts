// SPDX-License-Identifier: Apache-2.0
import type { AnswerObserver } from '@aiflow/roles';
import { ATTRIBUTES, SPAN_NAMES, type Telemetry } from '@aiflow/telemetry';

/** Marks answers under an exit policy in traces: a span with an event for each exit, saying how many tokens it decided. */
export function observeAnswers(telemetry: Pick<Telemetry, 'startSpan'>, family: string): AnswerObserver {
  return trace => {
    const span = telemetry.startSpan(SPAN_NAMES.answer, {
      parent: trace,
      attributes: { [ATTRIBUTES.modelName]: family },
    });
    return summary => {
      if (summary?.decided === undefined) return; // a span that does not end leaves no trace
      span.setAttribute(ATTRIBUTES.session, summary.session);
      span.setAttribute(ATTRIBUTES.outputTokens, summary.answerTokens);
      if (summary.statedRisk !== undefined) span.setAttribute(ATTRIBUTES.statedRisk, summary.statedRisk);
      for (const { exit, tokens } of summary.decided) {
        span.event(SPAN_NAMES.decided, { [ATTRIBUTES.exit]: exit, [ATTRIBUTES.committedTokens]: tokens });
      }
      span.end();
    };
  };
}
