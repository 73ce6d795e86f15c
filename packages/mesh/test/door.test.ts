// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeEnvelope, decodeFailure, type Envelope, encodeEnvelope } from '@aiflow/protocol';
import { sampleEnvelope } from '@aiflow/testkit';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createDoor,
  createDoorTransport,
  createEphemeralIdentity,
  type Door,
  type DoorOptions,
  type DoorTransport,
  signAdvert,
} from '../src/index.ts';
import { enterRaw, type RawClient, type RawParty } from './raw-door-client.ts';
import { sampleAdvert } from './sample-advert.ts';

const clock = createSystemClock({ keepAlive: true });
const identity = createEphemeralIdentity('device-1');
let folder: string;
let socket: string;
let toClose: (() => unknown)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiflow-door-'));
  socket = join(folder, 'door.sock');
});
afterEach(async () => {
  for (const close of toClose.reverse()) await close();
  toClose = [];
  await rm(folder, { recursive: true, force: true });
});

interface OpenDoor {
  readonly door: Door;
  readonly delivered: Envelope[];
  readonly undelivered: string[];
}

async function openDoor(options: Partial<DoorOptions> = {}): Promise<OpenDoor> {
  const delivered: Envelope[] = [];
  const undelivered: string[] = [];
  const own = sampleAdvert({ node: 'device-1', publicKey: identity.publicKey, bootId: 'host-boot' });
  const door = createDoor(
    { clock, advert: () => signAdvert(identity, own) },
    { fleet: 'lone', node: 'device-1', bootId: 'host-boot', socket, ...options },
  );
  toClose.push(() => door.close());
  await door.open({
    deliver: envelope => void delivered.push(envelope),
    undeliverable: messageId => void undelivered.push(messageId),
  });
  return { door, delivered, undelivered };
}

async function enter(party: Partial<RawParty> = {}): Promise<RawClient> {
  const client = await enterRaw(socket, { node: 'client-1', bootId: 'b', ...party });
  toClose.push(() => client.leave());
  return client;
}

function said(fields: Partial<Envelope> = {}, to = 'device-1'): Envelope {
  return sampleEnvelope({ node: 'client-1', bootId: 'b' }, to, fields);
}

function makeTransport(node = 'client-1'): DoorTransport {
  const transport = createDoorTransport(
    { clock, random: createSeededRandom(node) },
    { node, bootId: `boot-of-${node}`, socket, reconnectWaitMs: 20 },
  );
  toClose.push(() => transport.close());
  return transport;
}

describe('a door lets in', () => {
  test('clients under names of clients, until it is full, and whoever comes after one left', async () => {
    const { door } = await openDoor({ maxClients: 1 });
    expect(await (await enter({ node: 'device-9' })).ended).toMatchObject({ code: 7 });
    const first = await enter();
    expect(await (await enter({ node: 'client-2' })).ended).toMatchObject({
      code: 8,
      details: expect.stringContaining('taken by 1 clients'),
    });
    first.leave();
    await vi.waitFor(() => expect(door.health().clients).toEqual([]));
    await enter({ node: 'client-2' });
    expect(door.health()).toMatchObject({ clients: ['client-2'], counters: { refusedClients: 2 } });
  });

  test('one boot under a name; the same boot takes the place of its earlier call', async () => {
    const { door } = await openDoor();
    const first = await enter();
    expect(await (await enter({ bootId: 'other' })).ended).toMatchObject({ code: 6 });
    await enter();
    expect((await first.ended).code).toBe(0);
    expect(door.health().clients).toEqual(['client-1']);
  });

  test('nobody of a generation it can not understand, and nobody without a name', async () => {
    await openDoor();
    expect(await (await enter({ generation: 99 })).ended).toMatchObject({
      code: 9,
      details: expect.stringContaining('wire generation 99'),
    });
    expect(await (await enter({ node: 'Client 1' })).ended).toMatchObject({ code: 3 });
  });

  test('no more connections than it has room for, and counts what does not speak HTTP/2', async () => {
    const { door } = await openDoor();
    const stranger = connect(socket).on('error', () => undefined);
    stranger.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await new Promise(resolve => stranger.once('close', resolve));
    expect(door.health().counters.strangers).toBe(1);
    const silent = connect(socket).on('error', () => undefined);
    toClose.push(() => silent.destroy());
    await enter();
    expect(door.health().clients).toEqual(['client-1']);
  });
});

describe('what a client says', () => {
  test('is refused and counted when it is no envelope or speaks for another, and the rest arrives', async () => {
    const { door, delivered } = await openDoor();
    const client = await enter();
    await client.say(Buffer.from('garbage'));
    await client.say(encodeEnvelope({ ...said(), from: { node: 'client-2', actor: 'a' } }));
    await client.say(encodeEnvelope(said({ bootId: 'other' })));
    await client.say(encodeEnvelope(said({ position: 7 })));
    await vi.waitFor(() => expect(delivered.map(({ position }) => position)).toEqual([7]));
    expect(door.health().counters).toMatchObject({ malformed: 1, forged: 2, received: 1 });
  });

  test("to another node is answered with a failure that names the door's node", async () => {
    const { door, delivered } = await openDoor();
    const client = await enter();
    const ask = said({ kind: 'ask' }, 'edge-1');
    await client.say(encodeEnvelope(ask));
    const answer = await vi.waitFor(() => answerTo(client, ask.messageId));
    expect(decodeFailure(answer.payload)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('the door of node device-1 leads to device-1 alone, not to edge-1'),
    });
    expect([delivered, door.health().counters.misdirected]).toEqual([[], 1]);
  });

  test('is refused past the bound of open requests, until one of them is answered', async () => {
    const { door, delivered } = await openDoor({ maxOpenRequests: 2 });
    const client = await enter();
    const asks = Array.from({ length: 3 }, () => said({ kind: 'ask' }));
    for (const ask of asks) await client.say(encodeEnvelope(ask));
    const refusal = await vi.waitFor(() => answerTo(client, asks[2]!.messageId));
    expect(decodeFailure(refusal.payload)).toMatchObject({ code: 'resource-exhausted' });
    expect(delivered).toHaveLength(2);
    await door.send(replyTo(asks[0]!));
    await client.say(encodeEnvelope(said({ kind: 'ask' })));
    await vi.waitFor(() => expect(delivered).toHaveLength(3));
  });

  test('gets on while what waits for it is refused past its bound', async () => {
    const { door, delivered } = await openDoor();
    const client = await enter();
    client.stopReading();
    const payload = new Uint8Array(500_000);
    let refused = 0;
    for (let count = 0; count < 60; count++) {
      try {
        void Promise.resolve(door.send({ ...replyTo(said({ kind: 'ask' })), payload })).catch(() => undefined);
      } catch (error) {
        expect(error).toMatchObject({ code: 'resource-exhausted', hop: 'device-1 -> client-1' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20); // 30 MB were offered to a queue of 16 MiB
    await client.say(encodeEnvelope(said()));
    await vi.waitFor(() => expect(delivered).toHaveLength(1));
  });

  test('and had asked is cancelled when it is gone, and what it was asked fails', async () => {
    const { door, delivered, undelivered } = await openDoor();
    const client = await enter();
    const ask = said({ kind: 'ask' });
    await client.say(encodeEnvelope(ask));
    await vi.waitFor(() => expect(delivered).toHaveLength(1));
    const asked = sampleEnvelope({ node: 'device-1', bootId: 'host-boot' }, 'client-1', { kind: 'ask' });
    await door.send(asked);
    client.leave();
    await vi.waitFor(() => expect(delivered).toHaveLength(2));
    expect(delivered[1]).toMatchObject({ kind: 'cancel', correlationId: ask.messageId, from: { node: 'client-1' } });
    expect(undelivered).toEqual([asked.messageId]);
    expect(() => door.send(replyTo(ask))).toThrow(/client-1 can't be reached by the door of device-1/);
  });
});

describe('a client', () => {
  test('hears what the node says of itself, again and again', async () => {
    await openDoor({ advertEveryMs: 30 });
    const transport = makeTransport();
    await transport.start({ deliver: () => undefined, undeliverable: () => undefined });
    await vi.waitFor(() => expect(transport.host()).toMatchObject({ node: 'device-1', state: 'alive' }));
    expect(transport.fleet).toBe('lone');
  });

  test('fails to start where nobody listens, saying at which socket', async () => {
    await expect(
      makeTransport().start({ deliver: () => undefined, undeliverable: () => undefined }),
    ).rejects.toMatchObject({ code: 'unavailable', hop: `client-1 -> door ${socket}` });
  });

  test('learns at once that what it asked will not be answered when the door closes, and goes in anew', async () => {
    const { door } = await openDoor();
    const transport = makeTransport();
    const failed: string[] = [];
    await transport.start({
      deliver: () => undefined,
      undeliverable: (messageId, error) => void failed.push(`${messageId} ${error.code}`),
    });
    await vi.waitFor(() => expect(transport.host()).toBeDefined());
    const ask = sampleEnvelope(transport, 'device-1', { kind: 'ask' });
    await transport.send(ask);
    await door.close();
    await vi.waitFor(() => expect(failed).toEqual([`${ask.messageId} unavailable`]));
    expect(transport.host()?.state).toBe('suspect');
    await expect(transport.send(sampleEnvelope(transport, 'device-1'))).rejects.toMatchObject({ code: 'unavailable' });
    const again = await openDoor();
    await vi.waitFor(() => expect(again.door.health().clients).toEqual(['client-1']));
    expect(transport.host()?.state).toBe('alive');
  });

  test('sends to nobody but the node behind its door', async () => {
    await openDoor();
    const transport = makeTransport();
    await transport.start({ deliver: () => undefined, undeliverable: () => undefined });
    expect(() => transport.send(sampleEnvelope(transport, 'edge-1'))).toThrow(
      expect.objectContaining({
        code: 'unavailable',
        message: expect.stringContaining(`door ${socket} leads to node device-1 alone, not to edge-1`),
        hop: 'client-1 -> edge-1/receiver',
      }),
    );
  });
});

function answerTo(client: RawClient, messageId: string): Envelope {
  const found = client.heard.map(decodeEnvelope).find(({ correlationId }) => correlationId === messageId);
  if (found === undefined) throw new Error(`no answer to ${messageId} yet`);
  return found;
}

function replyTo({ messageId, from, to }: Envelope): Envelope {
  return sampleEnvelope({ node: 'device-1', bootId: 'host-boot' }, from.node, {
    kind: 'reply',
    messageId: `${messageId}#r`,
    correlationId: messageId,
    from: to,
    to: from,
  });
}
