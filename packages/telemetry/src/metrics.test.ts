// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import type { Call } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { expect, test } from 'vitest';
import { readMetrics, sampleOf } from '../test/read-metrics.ts';
import { createCallMetrics } from './call-metrics.ts';
import { createAnswerMetrics, createBatchMetrics, createHistogram, LABELS, METRICS } from './index.ts';
import { createMetricRegistry } from './metric-registry.ts';

/** Prometheus' own checker, where it is installed. */
const PROMTOOL = 'promtool';

const CALL: Call = {
  direction: 'inbound',
  kind: 'ask',
  from: { node: 'device-1', actor: 'app' },
  to: { node: 'edge-1', actor: 'verifier' },
  messageType: 'acme.reading',
  messageId: 'm-1',
  deliveryClass: 'control',
  requestBytes: 100,
  trace: undefined,
  queuedMs: 2,
};

test('exchanges show as counts by outcome, time, waiting and bytes, all with node and tier', async () => {
  const registry = createMetricRegistry({ node: 'edge-1', tier: 'edge' });
  const metrics = createCallMetrics(registry);
  metrics.succeeded(CALL, { replyBytes: 40, items: 1 }, 3);
  metrics.succeeded(CALL, { replyBytes: 2, items: 1 }, 30);
  metrics.failed(CALL, new AiflowError('resource-exhausted', 'full'), 1);
  metrics.failed({ ...CALL, direction: 'outbound' }, new Error('boom'), 1);
  const lines = await readMetrics(registry);
  const inbound = { direction: 'inbound', kind: 'ask', message_type: 'acme.reading', node: 'edge-1', tier: 'edge' };
  expect(sampleOf(lines, METRICS.calls, { ...inbound, code: 'ok' })).toBe(2);
  expect(sampleOf(lines, METRICS.calls, { ...inbound, code: 'resource-exhausted' })).toBe(1);
  expect(sampleOf(lines, METRICS.calls, { direction: 'outbound', code: 'unknown' })).toBe(1);
  expect(sampleOf(lines, METRICS.receivedBytes, inbound)).toBe(300);
  expect(sampleOf(lines, METRICS.sentBytes, inbound)).toBe(42);
  expect(sampleOf(lines, `${METRICS.callDuration}_count`, inbound)).toBe(3);
  expect(sampleOf(lines, `${METRICS.callDuration}_sum`, inbound)).toBeCloseTo(0.034);
  expect(sampleOf(lines, `${METRICS.callDuration}_bucket`, { ...inbound, le: '0.005' })).toBe(2);
  expect(sampleOf(lines, `${METRICS.callDuration}_bucket`, { ...inbound, le: '+Inf' })).toBe(3);
  expect(sampleOf(lines, `${METRICS.mailboxWait}_sum`, inbound)).toBeCloseTo(0.006);
});

test('message types that peers make up do not grow the number of series without bound', async () => {
  const registry = createMetricRegistry({});
  const metrics = createCallMetrics(registry);
  for (let index = 0; index < 5000; index++) {
    metrics.succeeded({ ...CALL, messageType: `evil.${index}` }, { replyBytes: 0, items: 1 }, 1);
  }
  const lines = await readMetrics(registry);
  const types = new Set(lines.map(line => line.labels[LABELS.messageType]).filter(type => type !== undefined));
  expect(types.size).toBe(65);
  expect(sampleOf(lines, METRICS.calls, { message_type: 'other', code: 'ok' })).toBe(5000 - 64);
});

test('labels with quotes, line breaks and backslashes stay one line', async () => {
  const registry = createMetricRegistry({});
  registry.register({ name: METRICS.members, help: 'Nodes', type: 'gauge' }, () => [
    { labels: { state: 'a"b\n\\c' }, value: 1 },
  ]);
  expect(sampleOf(await readMetrics(registry), METRICS.members, { state: 'a\\"b\\n\\\\c' })).toBe(1);
});

test('node facts are read at each scrape; one that fails is left out, counted, and disturbs no other', async () => {
  const registry = createMetricRegistry({ node: 'edge-1' });
  let rtt = 0.02;
  registry.register({ name: METRICS.linkRtt, help: 'Round trip', type: 'gauge' }, () => [
    { labels: { peer: 'cloud-1' }, value: rtt },
  ]);
  registry.register({ name: METRICS.load, help: 'Load', type: 'gauge' }, () => {
    throw new Error('no /proc here');
  });
  expect(sampleOf(await readMetrics(registry), METRICS.linkRtt, { peer: 'cloud-1', node: 'edge-1' })).toBe(0.02);
  rtt = 0.5;
  const lines = await readMetrics(registry);
  expect(sampleOf(lines, METRICS.linkRtt)).toBe(0.5);
  expect(sampleOf(lines, METRICS.load)).toBeUndefined();
  expect(sampleOf(await readMetrics(registry), 'aiflow_metric_read_errors_total')).toBeGreaterThanOrEqual(2);
});

test('a metric name is taken once, and a flood of samples is cut', async () => {
  const registry = createMetricRegistry({});
  const declaration = { name: METRICS.linkRtt, help: 'Round trip', type: 'gauge' } as const;
  registry.register(declaration, () =>
    Array.from({ length: 5000 }, (_, index) => ({ labels: { peer: `n-${index}` }, value: 1 })),
  );
  expect(() => registry.register(declaration, () => [])).toThrow(
    'metric aiflow_link_rtt_seconds is registered already',
  );
  expect((await readMetrics(registry)).filter(line => line.name === METRICS.linkRtt)).toHaveLength(512);
});

test('a value on a bound belongs to that bound, one above all to none but +Inf', () => {
  const histogram = createHistogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 2, 99]) histogram.observe(value);
  expect(histogram.cumulative()).toEqual([2, 4, 5]);
  expect(histogram.sum).toBe(104);
});

test.runIf(hasPromtool())('promtool accepts the text', async () => {
  const registry = createMetricRegistry({ node: 'edge-1', tier: 'edge' });
  createCallMetrics(registry).succeeded(CALL, { replyBytes: 40, items: 1 }, 3);
  createAnswerMetrics(registry, 'nano').unanswered(3);
  createBatchMetrics(registry)({ sessions: 1, tokens: 8, computeMs: 9 });
  const problems = execFileSync(PROMTOOL, ['check', 'metrics'], { input: await registry.text(), encoding: 'utf8' });
  expect(problems).toBe('');
});

function hasPromtool(): boolean {
  try {
    execFileSync(PROMTOOL, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
