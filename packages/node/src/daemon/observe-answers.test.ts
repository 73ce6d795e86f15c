// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from '@aiflow/roles';
import { ATTRIBUTES, createTelemetry, SPAN_NAMES, type SpanRecord } from '@aiflow/telemetry';
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { observeAnswers } from './observe-answers.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACE = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`, tracestate: '' };

const SUMMARY: AnswerSummary = {
  ...{ session: 's-1', outcome: 'complete', far: false, exact: true, reasons: [], mode: 'two', exit: 5 },
  ...{ promptTokens: 40, answerTokens: 60, committed: 60, endedByItself: true, references: [], tiers: [], links: [] },
  durationMs: 305,
};

const PLAN: NonNullable<AnswerSummary['plan']> = {
  ...{ kind: 'two-tiers', label: 'a drafts, b judges', expectedMs: 320, isTrial: true, alternatives: [] },
  reasons: ['a drafts, b judges: 320 ms for about 60 tokens', 'a trial: this way was not measured for long'],
};

/** The spans that an answer with this summary leaves. */
function spansOf(summary: AnswerSummary | undefined): readonly SpanRecord[] {
  const collaborators = { clock: createVirtualClock(), random: createSeededRandom(1) };
  const telemetry = createTelemetry(collaborators, { node: 'device-1', tier: 'device', fleet: 'lab' });
  observeAnswers(telemetry, 'nano')(TRACE)(summary);
  return telemetry.spans.collect(TRACE_ID);
}

test('a planned answer leaves the choice and its first reason in the trace', () => {
  const ledger = { durationMs: 305, answerTokens: 60, msPerToken: 5, drafted: 0, accepted: 0, tiers: [], links: [] };
  const choice = {
    [ATTRIBUTES.planLabel]: 'a drafts, b judges',
    [ATTRIBUTES.planReason]: 'a trial: this way was not measured for long',
  };
  const [span] = spansOf({ ...SUMMARY, plan: PLAN, ledger: { ...ledger, joules: 1.5 } });
  expect(span?.name).toBe(SPAN_NAMES.answer);
  expect(span?.attributes).toMatchObject({
    ...choice,
    [ATTRIBUTES.session]: 's-1',
    [ATTRIBUTES.planKind]: 'two-tiers',
    [ATTRIBUTES.planExpectedMs]: 320,
    [ATTRIBUTES.planTrial]: true,
    [ATTRIBUTES.joules]: 1.5,
  });
  expect(span?.events).toMatchObject([{ name: SPAN_NAMES.planned, attributes: choice }]);
});

test('a plan with one reason gives that, one without any its name', () => {
  const reasonOf = (reasons: readonly string[]): unknown =>
    spansOf({ ...SUMMARY, plan: { ...PLAN, reasons } })[0]?.attributes[ATTRIBUTES.planReason];
  expect(reasonOf(['only'])).toBe('only');
  expect(reasonOf([])).toBe('a drafts, b judges');
});

test('an answer under an exit policy says which exits decided', () => {
  const [span] = spansOf({
    ...SUMMARY,
    decided: [
      { exit: 1, tokens: 50 },
      { exit: 5, tokens: 10 },
    ],
    statedRisk: 0.01,
  });
  expect(span?.attributes).toMatchObject({ [ATTRIBUTES.statedRisk]: 0.01 });
  expect(span?.events.map(({ name, attributes }) => [name, attributes?.[ATTRIBUTES.exit]])).toEqual([
    [SPAN_NAMES.decided, 1],
    [SPAN_NAMES.decided, 5],
  ]);
});

test('an answer without plan and policy, or one that failed, leaves no span', () => {
  expect(spansOf(SUMMARY)).toEqual([]);
  expect(spansOf(undefined)).toEqual([]);
});
