// SPDX-License-Identifier: Apache-2.0
import type { Fleet } from '@aiflow/node';
import { METRICS } from '@aiflow/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestFleet, type TestFleet } from './test-fleet.ts';

const QUESTION = 'What is 7 + 5?';
let fleet: TestFleet;
let client: Fleet;

beforeAll(async () => {
  fleet = await startTestFleet(`fleet: counted
nodes:
  - { name: edge-1, tier: edge, model: { folder: nano, exits: [3] }, roles: { verify: {} } }
  - { name: device-1, tier: device, model: { folder: nano, exits: [1] }, roles: { answer: {} }, power: { watts: 5 } }
`);
  client = await fleet.connect();
  await client.waitForNodes(2, { timeoutMs: 10_000 });
}, 60_000);
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
});

/** All samples of a metric of `node`, added up. */
async function total(node: string, name: string): Promise<number> {
  return [...(await fleet.metric(node, name)).values()].reduce((sum, value) => sum + value, 0);
}

test('after an answer both nodes show what it cost: times and tokens where it was asked, batches where it was judged', async () => {
  const options = { at: 'device-1', exit: 3, tiers: 'two', deadlineMs: 30_000 } as const;
  const { summary } = await client.ask(QUESTION, options);
  expect(summary.outcome).toBe('complete');
  const { ledger } = summary;

  const durations = await fleet.metric('device-1', `${METRICS.requestDuration}_count`);
  expect(Object.fromEntries(durations)).toEqual({ 'nano complete': 1 });
  expect(await total('device-1', `${METRICS.requestDuration}_sum`)).toBeCloseTo(summary.durationMs / 1000, 9);
  expect(await total('device-1', `${METRICS.timeToFirstToken}_count`)).toBe(1);
  expect(await total('device-1', `${METRICS.timePerOutputToken}_count`)).toBe(1);
  const tokens = [METRICS.draftedTokens, METRICS.acceptedTokens, METRICS.committedTokens];
  const counted = await Promise.all(tokens.map(async name => Object.fromEntries(await fleet.metric('device-1', name))));
  expect(counted).toEqual([ledger?.drafted, ledger?.accepted, summary.committed].map(count => ({ two: count })));
  const bytes = Object.fromEntries(await fleet.metric('device-1', METRICS.answerLinkBytes));
  expect(bytes).toEqual({ sent: ledger?.links[0]?.sentBytes, received: ledger?.links[0]?.receivedBytes });
  expect(await total('device-1', METRICS.answerJoules)).toBeCloseTo(ledger?.joules ?? Number.NaN, 9);
  expect(await total('device-1', METRICS.answerPlans)).toBe(1);

  const calls = await total('edge-1', `${METRICS.verifyBatchSessions}_count`);
  expect(calls).toBeGreaterThan(0);
  expect(await total('edge-1', `${METRICS.verifyBatchSessions}_sum`), 'one session, a block a call').toBe(calls);
  expect(await total('edge-1', `${METRICS.verifyBatchTokens}_sum`)).toBeGreaterThanOrEqual(ledger?.accepted ?? 0);
  expect(await total('edge-1', `${METRICS.verifyBatchCompute}_sum`)).toBeGreaterThan(0);
}, 60_000);

test('no sample names a session', async () => {
  const { summary } = await client.ask(QUESTION, { at: 'device-1', exit: 3, tiers: 'two', deadlineMs: 30_000 });
  for (const node of ['device-1', 'edge-1']) {
    const response = await fetch(`${fleet.processOf(node).healthUrl}/metrics`, { headers: { connection: 'close' } });
    expect(await response.text()).not.toContain(summary.session);
  }
});
