// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from '@aiflow/roles';
import { ATTRIBUTES, createTelemetry, METRICS, SPAN_NAMES, type SpanRecord } from '@aiflow/telemetry';
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

const LEDGER: NonNullable<AnswerSummary['ledger']> = {
  ...{ durationMs: 305, answerTokens: 60, msPerToken: 5, drafted: 52, accepted: 44, tiers: [], joules: 1.5 },
  links: ['edge', 'cloud'].map(name => ({
    ...{ node: `${name}-1`, tier: name as 'edge' | 'cloud' },
    ...{ sentMessages: 9, sentBytes: 410, receivedMessages: 9, receivedBytes: 380 },
  })),
};

interface Observed {
  readonly spans: readonly SpanRecord[];
  /** Samples in Prometheus text, without the labels every one has. */
  readonly samples: readonly string[];
}

/** What an answer leaves that took 2 s and had this summary. */
async function observe(summary: AnswerSummary | undefined): Promise<Observed> {
  const clock = createVirtualClock();
  const collaborators = { clock, random: createSeededRandom(1) };
  const telemetry = createTelemetry(collaborators, { node: 'device-1', tier: 'device', fleet: 'lab' });
  const ended = observeAnswers({ clock, telemetry }, 'nano')(TRACE);
  await clock.advance(2000);
  ended(summary);
  const lines = (await telemetry.metrics.text()).split('\n').filter(line => !line.startsWith('#'));
  const samples = lines.map(line => line.replace(/,?(?:node|tier)="[^"]*"/g, ''));
  return { spans: telemetry.spans.collect(TRACE_ID), samples };
}

async function spansOf(summary: AnswerSummary | undefined): Promise<readonly SpanRecord[]> {
  return (await observe(summary)).spans;
}

test('a planned answer leaves the choice and its first reason in the trace', async () => {
  const choice = {
    [ATTRIBUTES.planLabel]: 'a drafts, b judges',
    [ATTRIBUTES.planReason]: 'a trial: this way was not measured for long',
  };
  const [span] = await spansOf({ ...SUMMARY, plan: PLAN, ledger: LEDGER });
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

test('a plan with one reason gives that, one without any its name', async () => {
  const reasonOf = async (reasons: readonly string[]): Promise<unknown> =>
    (await spansOf({ ...SUMMARY, plan: { ...PLAN, reasons } }))[0]?.attributes[ATTRIBUTES.planReason];
  expect(await reasonOf(['only'])).toBe('only');
  expect(await reasonOf([])).toBe('a drafts, b judges');
});

test('an answer under an exit policy says which exits decided', async () => {
  const [span] = await spansOf({
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

test('an answer without plan and policy, or one that failed, leaves no span', async () => {
  expect(await spansOf(SUMMARY)).toEqual([]);
  expect(await spansOf(undefined)).toEqual([]);
});

test('every answer is counted: what it took, its tokens, the bytes of all its links, joules and the kind of its plan', async () => {
  const { samples } = await observe({ ...SUMMARY, plan: PLAN, ledger: LEDGER, firstRevisionMs: 10 });
  expect(samples).toEqual(
    expect.arrayContaining([
      `${METRICS.requestDuration}_sum{gen_ai_request_model="nano",outcome="complete"} 0.305`,
      `${METRICS.timeToFirstToken}_sum{gen_ai_request_model="nano"} 0.01`,
      `${METRICS.timePerOutputToken}_sum{gen_ai_request_model="nano"} 0.005`,
      `${METRICS.draftedTokens}{mode="two"} 52`,
      `${METRICS.acceptedTokens}{mode="two"} 44`,
      `${METRICS.committedTokens}{mode="two"} 60`,
      `${METRICS.answerLinkBytes}{direction="sent"} 820`,
      `${METRICS.answerLinkBytes}{direction="received"} 760`,
      `${METRICS.answerJoules}{mode="two"} 1.5`,
      `${METRICS.answerPlans}{plan="two-tiers"} 1`,
    ]),
  );
  expect(samples.filter(line => line.includes('s-1'))).toEqual([]);
});

test('one that never came is timed as unanswered, and an outcome that another node made up makes no label', async () => {
  const durationOf = (outcome: string): string =>
    `${METRICS.requestDuration}_sum{gen_ai_request_model="nano",outcome="${outcome}"}`;
  expect((await observe(undefined)).samples).toContain(`${durationOf('unanswered')} 2`);
  const made = { ...SUMMARY, outcome: 'made-up' } as unknown as AnswerSummary;
  expect((await observe(made)).samples).toContain(`${durationOf('other')} 0.305`);
});
