// SPDX-License-Identifier: Apache-2.0
import type { Fleet } from '@aiflow/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AT_ONCE_MS, endingOf, fixture, startTestFleet, stateOf, type TestFleet, watchStates } from './test-fleet.ts';

/** Longer than the silence after which a node counts as dead. */
const HELD_MS = 8000;
let fleet: TestFleet;
let client: Fleet;

beforeAll(async () => {
  fleet = await startTestFleet(`fleet: held
nodes:
  - { name: cloud-1, tier: cloud, actors: [ { module: ${fixture('ledger-actor')} } ] }
  - { name: edge-1, tier: edge, actors: [ { module: ${fixture('ledger-actor')} } ] }
`);
  client = await fleet.connect();
  await client.waitForNodes(2, { timeoutMs: 5000 });
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
});

function add(to: string): Promise<unknown> {
  return client.call(`ledger@${to}`, { type: 'test.add', id: 'entry' }, { timeoutMs: 1000 });
}

test('a handler that never yields makes its node dead to others; it comes back by itself and takes nobody for dead', async () => {
  const { pid, bootId } = client.nodes().find(({ name }) => name === 'edge-1')!;
  const held = endingOf(() => client.call('ledger@edge-1', { type: 'test.hold', ms: HELD_MS }, { timeoutMs: 20_000 }));
  await expect.poll(() => stateOf(client, 'edge-1'), { timeout: 15_000 }).toBe('dead');
  const refused = await endingOf(() => add('edge-1'));
  expect(refused).toMatchObject({ code: 'unavailable', node: 'edge-1', hop: `${client.client} -> edge-1/ledger` });
  expect(refused.tookMs).toBeLessThan(AT_ONCE_MS);
  expect(await held).toMatchObject({ code: 'unavailable', node: 'edge-1' });
  expect(await add('cloud-1')).toEqual({ count: 1 });

  await expect.poll(() => stateOf(client, 'edge-1'), { timeout: 15_000 }).toBe('alive');
  await expect.poll(async () => (await endingOf(() => add('edge-1'))).code, { timeout: 5000 }).toBe('ok');
  expect(client.nodes().find(({ name }) => name === 'edge-1')).toMatchObject({ pid, bootId });
  const verdicts = fleet.log.filter(line => line.startsWith('edge-1 ') && line.includes('is dead'));
  expect(verdicts).toEqual([]);
}, 60_000);

test('a client that was held up for longer than a death takes does not take a node for dead, and asks on', async () => {
  const states = watchStates(client, 'edge-1');
  await new Promise(resolve => setTimeout(resolve, 100));
  const untilMs = performance.now() + HELD_MS;
  while (performance.now() < untilMs) Math.hypot(untilMs, 1);
  await expect.poll(async () => (await endingOf(() => add('edge-1'))).code, { timeout: 10_000 }).toBe('ok');
  await new Promise(resolve => setTimeout(resolve, 1500));
  states.stop();
  expect(states.seen).not.toContain('dead');
  expect(states.seen.at(-1)).toBe('alive');
}, 40_000);
