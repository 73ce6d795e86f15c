// SPDX-License-Identifier: Apache-2.0
import { launchBroker } from '@aiflow/lab';
import type { Fleet } from '@aiflow/node';
import { type AskContract, bytesPayload, jsonPayload } from '@aiflow/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ending, endingOf, fixture, startTestFleet, type TestFleet } from './test-fleet.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** What a nats-server takes in one message, and what a node takes in one payload, where neither is told otherwise. */
const BROKER_MAX_PAYLOAD = MIB;
const MAX_PAYLOAD_BYTES = 8 * MIB;

const BYTES = bytesPayload('test.bytes');
const ECHO: AskContract<Uint8Array, Uint8Array> = { kind: 'ask', request: BYTES, reply: BYTES };
const MAKE = { kind: 'ask', request: jsonPayload<{ size: number }>('test.make'), reply: BYTES } as const;

function fleetText(name: string, broker = ''): string {
  return `fleet: ${name}
${broker}
nodes:
  - { name: edge-1, tier: edge, actors: [ { module: ${fixture('echo-actor')} } ] }
  - { name: device-1, tier: device, actors: [ { module: ${fixture('echo-actor')} } ] }
`;
}

function bytesOf(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 255).buffer);
}

async function expectEcho(client: Fleet, size: number): Promise<void> {
  const sent = bytesOf(size);
  const answer = await client.ask('echo@device-1', ECHO, sent, { timeoutMs: 15_000 });
  expect(answer.byteLength).toBe(size);
  expect(Buffer.compare(answer, sent), `${size} bytes came back changed`).toBe(0);
}

describe('a fleet with the limits as they come', () => {
  let fleet: TestFleet;
  let client: Fleet;
  beforeAll(async () => {
    fleet = await startTestFleet(fleetText('sizes'));
    client = await fleet.connect();
    await client.waitForNodes(2, { timeoutMs: 5000 });
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  test.each([
    0,
    1,
    ...around(64 * KIB),
    ...around(256 * KIB),
    ...around(BROKER_MAX_PAYLOAD),
    MAX_PAYLOAD_BYTES - 1,
    MAX_PAYLOAD_BYTES,
  ])('brings %d bytes there and back unchanged', size => expectEcho(client, size), 30_000);

  test('refuses a request over maxPayloadBytes before it is sent, naming size, limit and remedy', async () => {
    const ending = await endingOf(() => client.ask('echo@device-1', ECHO, bytesOf(MAX_PAYLOAD_BYTES + 1)));
    expectTooLarge(ending, client);
  });

  test('answers resource-exhausted when the answer is over maxPayloadBytes, naming the node that made it', async () => {
    const make = (size: number): Promise<Uint8Array> =>
      client.ask('echo@device-1', MAKE, { size }, { timeoutMs: 15_000 });
    expect((await make(MAX_PAYLOAD_BYTES)).byteLength).toBe(MAX_PAYLOAD_BYTES);
    const ending = await endingOf(() => make(MAX_PAYLOAD_BYTES + 1));
    expect(ending).toMatchObject({ code: 'resource-exhausted', node: 'device-1' });
    expect(ending.message).toMatch(/8388609 bytes exceeds maxPayloadBytes 8388608/);
    expect(ending.tookMs).toBeLessThan(10_000);
  }, 30_000);

  test('serves on after all of it', async () => {
    await expectEcho(client, 10);
  });

  function expectTooLarge(ending: Ending, asker: Fleet): void {
    expect(ending).toMatchObject({
      code: 'resource-exhausted',
      message: `payload of ${MAX_PAYLOAD_BYTES + 1} bytes exceeds maxPayloadBytes ${MAX_PAYLOAD_BYTES}: send it as a stream`,
      hop: `${asker.client} -> device-1/echo`,
    });
  }
});

describe.each([8 * KIB, 32 * KIB])('a fleet whose broker takes only %d bytes a message', limit => {
  test('carries smaller, equal and larger payloads all the same', async () => {
    await using broker = await launchBroker({}, { config: `max_payload: ${limit}\n`, jetStream: false });
    await using fleet = await startTestFleet(fleetText('small', `broker: { url: '${broker.url}' }`));
    await using client = await fleet.connect();
    await client.waitForNodes(2, { timeoutMs: 5000 });
    for (const size of [0, 1, ...around(limit), limit - 512, limit * 2, 64 * KIB, 200_000])
      await expectEcho(client, size);
  }, 60_000);
});

function around(size: number): number[] {
  return [size - 1, size, size + 1];
}
