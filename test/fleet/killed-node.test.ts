// SPDX-License-Identifier: Apache-2.0
import type { Fleet } from '@aiflow/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAiflow } from '../../packages/node/test/aiflow-process.ts';
import { AT_ONCE_MS, endingOf, fixture, startTestFleet, stateOf, type TestFleet } from './test-fleet.ts';

let fleet: TestFleet;
let client: Fleet;

beforeAll(async () => {
  fleet = await startTestFleet(
    `fleet: killed
nodes:
  - { name: cloud-1, tier: cloud, actors: [ { module: ${fixture('ledger-actor')} } ] }
  - { name: edge-1, tier: edge, actors: [ { module: ${fixture('ledger-actor')} } ] }
`,
    { nodesMayEnd: true },
  );
  client = await fleet.connect();
  await client.waitForNodes(2, { timeoutMs: 5000 });
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
});

function waitAtEdge(timeoutMs: number): Promise<unknown> {
  return client.call('ledger@edge-1', { type: 'test.wait', ms: 60_000 }, { timeoutMs });
}

test('asks to a node killed by SIGKILL end within their time naming it, the rest serves on, and it is taken back', async () => {
  const hop = `${client.client} -> edge-1/ledger`;
  const before = client.nodes().find(({ name }) => name === 'edge-1')!;
  const short = endingOf(() => waitAtEdge(1500));
  const long = endingOf(() => waitAtEdge(30_000));
  await new Promise(resolve => setTimeout(resolve, 300));
  fleet.running.kill('edge-1');

  await expect.poll(async () => (await endingOf(() => waitAtEdge(1000))).message).toMatch(/nobody listens/);
  const refused = await endingOf(() => waitAtEdge(5000));
  expect(refused).toMatchObject({ code: 'unavailable', hop });
  expect(refused.tookMs).toBeLessThan(AT_ONCE_MS);
  expect(await short).toMatchObject({ code: 'deadline-exceeded', hop });
  expect((await short).tookMs).toBeLessThan(2500);
  const abandoned = await long;
  expect(abandoned).toMatchObject({ code: 'unavailable', node: 'edge-1', hop });
  expect(abandoned.message).toMatch(/^node edge-1 is dead: nothing was heard of it for \d+\.\d s$/);
  expect(abandoned.tookMs).toBeLessThan(15_000);
  expect(stateOf(client, 'edge-1')).toBe('dead');
  expect(await client.call('ledger@cloud-1', { type: 'test.add', id: 'one' })).toEqual({ count: 1 });

  await using _back = startAiflow(['node', '--config', fleet.processOf('edge-1').configFile]);
  await expect.poll(() => stateOf(client, 'edge-1'), { timeout: 20_000 }).toBe('alive');
  expect(await client.call('ledger@edge-1', { type: 'test.add', id: 'two' })).toEqual({ count: 1 });
  const after = client.nodes().find(({ name }) => name === 'edge-1')!;
  expect(after.bootId).not.toBe(before.bootId);
  expect(after.pid).not.toBe(before.pid);
}, 60_000);

test('a node that does not exist cannot be killed', () => {
  expect(() => fleet.running.kill('edge-9')).toThrow(/no node 'edge-9': its nodes are cloud-1, edge-1/);
});

test('asks flow into a node that is killed and restarted at once: its death is noticed by its new boot', async () => {
  fleet.running.kill('cloud-1');
  await using _back = startAiflow(['node', '--config', fleet.processOf('cloud-1').configFile]);
  const add = (): Promise<unknown> =>
    client.call('ledger@cloud-1', { type: 'test.add', id: 'three' }, { timeoutMs: 500 });
  await expect.poll(async () => (await endingOf(add)).code, { timeout: 20_000 }).toBe('ok');
  const { ids } = (await client.call('ledger@cloud-1', { type: 'test.read' })) as { ids: string[] };
  expect(ids[0]).toBe('three');
}, 40_000);
