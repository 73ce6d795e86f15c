// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { readMetrics, sampleOf } from '../test/read-metrics.ts';
import { type AnswerFigures, createAnswerMetrics, createBatchMetrics, METRICS } from './index.ts';
import { createMetricRegistry } from './metric-registry.ts';

const ANSWER: AnswerFigures = {
  ...{ outcome: 'complete', mode: 'two', plan: 'two-tiers', durationMs: 700, firstTokenMs: 110, outputTokens: 60 },
  ...{ draftedTokens: 52, acceptedTokens: 44, committedTokens: 60, sentBytes: 410, receivedBytes: 380, joules: 0.45 },
};

test('answers show as times in seconds by model, tokens and joules by mode, bytes by direction and kinds of plans', async () => {
  const registry = createMetricRegistry({ node: 'device-1' });
  const metrics = createAnswerMetrics(registry, 'nano');
  metrics.answered(ANSWER);
  metrics.answered({ ...ANSWER, mode: 'local', plan: 'local', joules: undefined });
  metrics.unanswered(5000);
  const lines = await readMetrics(registry);
  const model = { gen_ai_request_model: 'nano', node: 'device-1' };
  const complete = { ...model, outcome: 'complete' };
  expect(sampleOf(lines, `${METRICS.requestDuration}_count`, complete)).toBe(2);
  expect(sampleOf(lines, `${METRICS.requestDuration}_sum`, complete)).toBeCloseTo(1.4);
  expect(sampleOf(lines, `${METRICS.requestDuration}_sum`, { ...model, outcome: 'unanswered' })).toBe(5);
  expect(sampleOf(lines, `${METRICS.timeToFirstToken}_bucket`, { ...model, le: '0.1' })).toBe(0);
  expect(sampleOf(lines, `${METRICS.timeToFirstToken}_bucket`, { ...model, le: '0.25' })).toBe(2);
  expect(sampleOf(lines, `${METRICS.timePerOutputToken}_sum`, model)).toBeCloseTo(0.02);
  expect(sampleOf(lines, METRICS.draftedTokens, { mode: 'two' })).toBe(52);
  expect(sampleOf(lines, METRICS.acceptedTokens, { mode: 'two' })).toBe(44);
  expect(sampleOf(lines, METRICS.committedTokens, { mode: 'local' })).toBe(60);
  expect(sampleOf(lines, METRICS.answerLinkBytes, { direction: 'sent' })).toBe(820);
  expect(sampleOf(lines, METRICS.answerLinkBytes, { direction: 'received' })).toBe(760);
  expect(sampleOf(lines, METRICS.answerJoules, { mode: 'two' })).toBe(0.45);
  expect(sampleOf(lines, METRICS.answerJoules, { mode: 'local' })).toBeUndefined();
  expect(sampleOf(lines, METRICS.answerPlans, { plan: 'two-tiers' })).toBe(1);
});

test('an answer without text has no time to its first token, one of a single token no time for another', async () => {
  const registry = createMetricRegistry({});
  const metrics = createAnswerMetrics(registry, 'nano');
  metrics.answered({ ...ANSWER, firstTokenMs: undefined, outputTokens: 0 });
  metrics.answered({ ...ANSWER, outputTokens: 1 });
  const lines = await readMetrics(registry);
  expect(sampleOf(lines, `${METRICS.timeToFirstToken}_count`)).toBe(1);
  expect(sampleOf(lines, `${METRICS.timePerOutputToken}_count`)).toBe(0);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
  '%d tokens, bytes or joules, as a peer may say, change nothing',
  async bad => {
    const registry = createMetricRegistry({});
    const metrics = createAnswerMetrics(registry, 'nano');
    metrics.answered(ANSWER);
    const before = await readMetrics(registry);
    const tokens = { outputTokens: bad, draftedTokens: bad, acceptedTokens: bad, committedTokens: bad };
    metrics.answered({ ...ANSWER, ...tokens, sentBytes: bad, receivedBytes: bad, joules: bad });
    const after = await readMetrics(registry);
    for (const { name, labels, value } of before.filter(line => /(?:tokens|bytes|joules)_total$/.test(line.name))) {
      expect(sampleOf(after, name, labels), name).toBe(value);
    }
    expect(sampleOf(after, `${METRICS.timePerOutputToken}_sum`)).toBe(
      sampleOf(before, `${METRICS.timePerOutputToken}_sum`),
    );
  },
);

test('a call of a verifier is counted by its sessions, its tokens and its time', async () => {
  const registry = createMetricRegistry({});
  const count = createBatchMetrics(registry);
  count({ sessions: 1, tokens: 8, computeMs: 9 });
  count({ sessions: 4, tokens: 32, computeMs: 18 });
  const lines = await readMetrics(registry);
  expect(sampleOf(lines, `${METRICS.verifyBatchSessions}_bucket`, { le: '1' })).toBe(1);
  expect(sampleOf(lines, `${METRICS.verifyBatchSessions}_sum`)).toBe(5);
  expect(sampleOf(lines, `${METRICS.verifyBatchTokens}_sum`)).toBe(40);
  expect(sampleOf(lines, `${METRICS.verifyBatchCompute}_sum`)).toBeCloseTo(0.027);
});
