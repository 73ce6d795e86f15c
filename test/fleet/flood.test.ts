// SPDX-License-Identifier: Apache-2.0
import { describeSystem } from '@aiflow/actor';
import type { Fleet } from '@aiflow/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countBy, type Ending, endingOf, fixture, startTestFleet, type TestFleet } from './test-fleet.ts';

const ASKS_EACH = 2500;
const TIMEOUT_MS = 30_000;
const MIB = 1024 * 1024;
let fleet: TestFleet;
let clients: Fleet[];

beforeAll(async () => {
  fleet = await startTestFleet(`fleet: flooded
nodes:
  - { name: edge-1, tier: edge, actors: [ { module: ${fixture('narrow-actor')} } ] }
`);
  clients = await Promise.all([fleet.connect(), fleet.connect(), fleet.connect()]);
});
afterAll(async () => {
  await Promise.all(clients.map(client => client[Symbol.asyncDispose]()));
  await fleet[Symbol.asyncDispose]();
});

test('5,000 asks of two clients to a mailbox of 16 are each answered or refused with a time to retry, and control traffic goes on', async () => {
  const [one, other, observer] = clients as [Fleet, Fleet, Fleet];
  const before = await residentBytes();
  let flooding = true;
  const described = describeUntil(observer, () => !flooding);
  const endings = await Promise.all((await Promise.all([flood(one), flood(other)])).flat());
  flooding = false;

  const codes = countBy(endings, ({ code }) => code);
  expect(Object.keys(codes).sort()).toEqual(['ok', 'resource-exhausted']);
  for (const { retryAfterMs, message, node } of endings.filter(({ code }) => code === 'resource-exhausted')) {
    expect(message).toMatch(/^mailbox of actor narrow on node edge-1 is full with 16 messages: retry in \d+ ms$/);
    expect(node).toBe('edge-1');
    expect(retryAfterMs).toBeGreaterThan(0);
  }
  // Every answer stands for one run of the handler, and there was no run without an answer.
  const served = endings.filter(({ code }) => code === 'ok').map(({ value }) => (value as { served: number }).served);
  expect(served.sort((a, b) => a - b)).toEqual(Array.from({ length: codes.ok ?? 0 }, (_, index) => index + 1));
  expect((await fleet.metric('edge-1', 'aiflow_actor_refused_messages_total')).get('narrow')).toBe(
    codes['resource-exhausted'],
  );

  const answers = await described;
  expect(countBy(answers, ({ code }) => code)).toEqual({ ok: answers.length });
  expect(answers.length).toBeGreaterThan(2);
  expect((await residentBytes()) - before).toBeLessThan(150 * MIB);
  expect(await endingOf(() => one.call('narrow@edge-1', { type: 'test.serve', id: 0 }))).toMatchObject({ code: 'ok' });
}, 60_000);

/** Begins asks as fast as a loop can that also has to hear the answers. */
async function flood(client: Fleet): Promise<Promise<Ending>[]> {
  const filler = 'x'.repeat(2000);
  const endings: Promise<Ending>[] = [];
  for (let id = 0; id < ASKS_EACH; id++) {
    const request = { type: 'test.serve', id, filler };
    endings.push(endingOf(() => client.call('narrow@edge-1', request, { timeoutMs: TIMEOUT_MS })));
    if (id % 100 === 99) await new Promise(resolve => setImmediate(resolve));
  }
  return endings;
}

/** Asks the node what it is, again and again, until `done`. */
async function describeUntil(client: Fleet, done: () => boolean): Promise<readonly Ending[]> {
  const endings: Ending[] = [];
  while (!done()) {
    endings.push(await endingOf(() => client.ask('$system@edge-1', describeSystem, {}, { timeoutMs: 5000 })));
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return endings;
}

async function residentBytes(): Promise<number> {
  const [bytes] = (await fleet.metric('edge-1', 'aiflow_resident_bytes')).values();
  return bytes!;
}
