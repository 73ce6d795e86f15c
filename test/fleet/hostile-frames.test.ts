// SPDX-License-Identifier: Apache-2.0
import { createEphemeralIdentity, formatSubject, signAdvert } from '@aiflow/mesh';
import type { Fleet } from '@aiflow/node';
import { type Envelope, encodeEnvelope, signedAdvertPayload } from '@aiflow/protocol';
import { sampleEnvelope } from '@aiflow/testkit';
import { createSeededRandom } from '@aiflow/time';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRaw, type RawNatsClient } from './raw-nats-client.ts';
import { fixture, startTestFleet, type TestFleet } from './test-fleet.ts';

const MIB = 1024 * 1024;
let fleet: TestFleet;
let client: Fleet;
let raw: RawNatsClient;

beforeAll(async () => {
  fleet = await startTestFleet(`fleet: hostile
nodes:
  - { name: edge-1, tier: edge, actors: [ { module: ${fixture('ledger-actor')} } ] }
  - { name: device-1, tier: device, actors: [ { module: ${fixture('ledger-actor')} } ] }
`);
  client = await fleet.connect();
  await client.waitForNodes(2, { timeoutMs: 5000 });
  const { url, user, password } = fleet.running.run;
  raw = await connectRaw(url, { user: user!, password: password! });
});
afterAll(async () => {
  await raw[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
});

/** Where `from` would send to the ledger of device-1. */
function subject(from: string, lane: 'control' | 'bulk' = 'control'): string {
  return formatSubject({
    kind: 'message',
    fleet: 'hostile',
    from: { site: 'main', node: from },
    to: { site: 'main', node: 'device-1' },
    actor: 'ledger',
    lane,
  });
}

/** An ask of edge-1 for an entry in the ledger of device-1, as edge-1 itself would send it. */
function entry(fields: Partial<Envelope> = {}): Uint8Array {
  const envelope = sampleEnvelope({ node: 'edge-1', bootId: 'boot' }, 'device-1', {
    kind: 'ask',
    from: { node: 'edge-1', actor: '$system' },
    to: { node: 'device-1', actor: 'ledger' },
    payloadType: 'test.add',
    payload: Buffer.from('{"id":"forged"}'),
    ...fields,
  });
  return encodeEnvelope(envelope);
}

async function refusedFrames(): Promise<Record<string, number>> {
  return Object.fromEntries(await fleet.metric('device-1', 'aiflow_refused_frames_total'));
}

async function refusedAdverts(node = 'device-1'): Promise<Record<string, number>> {
  return Object.fromEntries(await fleet.metric(node, 'aiflow_refused_adverts_total'));
}

async function entries(): Promise<readonly string[]> {
  return ((await client.call('ledger@device-1', { type: 'test.read' })) as { ids: string[] }).ids;
}

async function expectServing(): Promise<void> {
  for (const node of ['device-1', 'edge-1']) {
    expect(await client.call(`ledger@${node}`, { type: 'test.add', id: 'served' })).toMatchObject({});
    expect(await fleet.readiness(node)).toBe('200 ok\n');
  }
  expect(client.nodes().map(({ name, state, pid }) => `${name} ${state} ${pid}`)).toEqual(
    ['edge-1', 'device-1'].map(name => `${name} alive ${fleet.processOf(name).pid}`),
  );
}

describe('frames on the subjects of a node', () => {
  test.each<[string, string, () => readonly [string, Uint8Array][]]>([
    ['garbage', 'malformed', () => [[subject('edge-1'), Buffer.from('GET / HTTP/1.1')]]],
    ['no bytes at all', 'wrong-generation', () => [[subject('edge-1'), new Uint8Array()]]],
    ['half a message', 'malformed', () => [[subject('edge-1'), entry().subarray(0, 30)]]],
    ['a chunk that is none', 'malformed', () => [[subject('edge-1', 'bulk'), Buffer.from([255, 255, 255])]]],
    ['a message of generation 99', 'wrong-generation', () => [[subject('edge-1'), withGeneration(entry(), 99)]]],
    [
      'a message under the name of another node',
      'forged',
      () => [[subject('edge-1'), entry({ from: { node: 'cloud-1', actor: '$system' } })]],
    ],
    [
      'a message for another node',
      'forged',
      () => [[subject('edge-1'), entry({ to: { node: 'edge-1', actor: 'ledger' } })]],
    ],
  ])('%s: counted as %s and refused', async (_what, reason, frames) => {
    const before = await refusedFrames();
    const entriesBefore = (await entries()).length;
    for (const [to, bytes] of frames()) raw.publish(to, bytes);
    await raw.flush();
    await expect.poll(refusedFrames).toEqual({ ...before, [reason]: before[reason]! + 1 });
    expect((await entries()).length).toBe(entriesBefore);
    await expectServing();
  });

  test('20,000 damaged and random ones cost a node neither its life, nor its memory, nor its neighbours', async () => {
    const random = createSeededRandom('hostile');
    const [memoryBefore] = (await fleet.metric('device-1', 'aiflow_resident_bytes')).values();
    const before = await refusedFrames();
    const good = entry();
    for (let count = 0; count < 20_000; count++) {
      const bytes = Uint8Array.from(good);
      for (let flips = 1 + random.below(8); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256);
      const lane = random.below(2) === 0 ? 'control' : 'bulk';
      raw.publish(subject('edge-1', lane), bytes.subarray(0, random.below(bytes.length)));
      if (count % 500 === 0) await raw.flush();
    }
    await raw.flush();
    await expectServing();
    const after = await refusedFrames();
    const [memoryAfter] = (await fleet.metric('device-1', 'aiflow_resident_bytes')).values();
    const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, count) => sum + count);
    expect(total(after) - total(before)).toBeGreaterThan(19_000);
    expect(memoryAfter! - memoryBefore!).toBeLessThan(100 * MIB);
    expect(fleet.log.filter(line => line.includes('refused a frame')).length).toBeLessThan(100);
  }, 60_000);
});

describe('adverts', () => {
  const hello = (node: string): string =>
    formatSubject({ kind: 'hello', fleet: 'hostile', from: { site: 'main', node } });
  const claim = (node: string, fields: object = {}): Uint8Array => {
    const identity = createEphemeralIdentity(node);
    return signAdvert(identity, {
      fleet: 'hostile',
      site: 'main',
      node,
      tier: 'edge',
      bootId: 'another-boot',
      sequence: 1,
      publicKey: identity.publicKey,
      state: 'ready',
      actors: [],
      families: [],
      links: [],
      loadRatio: 0,
      memoryBytes: 0,
      processId: 1,
      softwareVersion: '',
      bootWallMs: Date.now(),
      ...fields,
    });
  };
  const unsigned = (bytes: Uint8Array): Uint8Array =>
    signedAdvertPayload.encode({ ...signedAdvertPayload.decode(bytes), signature: new Uint8Array(64) });
  const tampered = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 24 ? byte ^ 1 : byte));

  test.each<[string, string, () => readonly [string, Uint8Array]]>([
    ['with a signature of zeros', 'forged', () => [hello('ghost'), unsigned(claim('ghost'))]],
    ['that was changed after it was signed', 'forged', () => [hello('ghost'), tampered(claim('ghost'))]],
    ["under another node's subject", 'forged', () => [hello('ghost'), claim('phantom')]],
    ['of another fleet', 'foreign', () => [hello('ghost'), claim('ghost', { fleet: 'other' })]],
    ['that is garbage', 'malformed', () => [hello('ghost'), Buffer.from('{"node":"ghost"}')]],
    ['for the name of a node that lives', 'name-taken', () => [hello('edge-1'), claim('edge-1')]],
  ])('one %s is counted as %s, changes no node list, and the fleet serves on', async (_what, reason, make) => {
    const before = await refusedAdverts();
    raw.publish(...make());
    await raw.flush();
    await expect.poll(refusedAdverts).toEqual({ ...before, [reason]: before[reason]! + 1 });
    await expectServing();
    expect(client.nodes().map(({ name }) => name)).toEqual(['edge-1', 'device-1']);
  });
});

function withGeneration(frame: Uint8Array, generation: number): Uint8Array {
  return frame.map((byte, at) => (at === 1 ? generation : byte));
}
