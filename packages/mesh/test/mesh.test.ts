// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createEphemeralIdentity, createKeyListTrust, loadIdentity, signAdvert } from '../src/index.ts';
import { allAlive, joinMesh, makeMesh, startMesh, stateOf } from './mesh-station.ts';
import { sampleAdvert } from './sample-advert.ts';
import { message } from './transport-pair.ts';

let broker: LaunchedBroker;
let raw: NatsConnection;
beforeAll(async () => {
  broker = await launchBroker({}, { jetStream: false });
  raw = await connect({ servers: broker.url });
});
afterAll(async () => {
  await raw.close();
  await broker.stop();
});

const at = () => ({ control: { urls: broker.url } });

describe('a mesh', () => {
  test.each(['by-sender', 'wildcard'] as const)('brings nodes of all tiers together, listening %s', async inboxMode => {
    await using cloud = await joinMesh({ ...at(), node: 'cloud-1', site: 'cloud', tier: 'cloud', inboxMode });
    await using edge = await joinMesh({ ...at(), node: 'edge-1', tier: 'edge', inboxMode });
    await using device = await joinMesh({ ...at(), node: 'device-1', inboxMode });
    await allAlive(cloud, edge, device);
    await device.mesh.transport.send(message('device-1', 'cloud-1', { bootId: 'b' }));
    await vi.waitFor(() => expect(cloud.delivered).toHaveLength(1));
    expect(device.mesh.members().map(({ node, site, tier }) => `${node} ${site} ${tier}`)).toEqual(
      expect.arrayContaining(['cloud-1 cloud cloud', 'edge-1 home edge']),
    );
  });

  test('finds capabilities here and elsewhere, the least loaded first', async () => {
    const busy = (load: number) => () => ({
      actors: [{ name: 'verifier', capabilities: ['verify'], mailboxDepth: 0 }],
      families: [],
      loadRatio: load,
      memoryBytes: 1,
    });
    await using one = await joinMesh({ ...at(), node: 'one', describe: busy(0.5) });
    await using two = await joinMesh({ ...at(), node: 'two', describe: busy(0.1) });
    await using three = await joinMesh({ ...at(), node: 'three', describe: busy(0.9) });
    await allAlive(one, two, three);
    expect(one.mesh.find('verify').map(candidate => candidate.address.node)).toEqual(['two', 'one', 'three']);
    expect(one.mesh.find('nothing')).toEqual([]);
    expect(['one', 'two']).toContain(one.mesh.pick('verify')?.address.node);
  });

  test('measures round trips, loss and rate of its links, and puts them into the adverts', async () => {
    await using one = await joinMesh({ ...at(), node: 'one', rateProbeEveryMs: 200 });
    await using two = await joinMesh({ ...at(), node: 'two' });
    await allAlive(one, two);
    await vi.waitFor(
      () => {
        const [link] = one.mesh.links();
        expect(link).toMatchObject({ peer: 'two', lossRatio: 0 });
        expect(link!.rttMs).toBeGreaterThan(0);
        expect(link!.bytesPerSecond).toBeGreaterThan(10_000);
        expect(two.mesh.members()[0]?.advert.links[0]?.rttMs).toBeGreaterThan(0);
      },
      { timeout: 5000 },
    );
  });

  test('tells at once when a node drains and when it leaves', async () => {
    await using one = await joinMesh({ ...at(), node: 'one' });
    await using two = await joinMesh({ ...at(), node: 'two' });
    await allAlive(one, two);
    const heard: string[] = [];
    one.mesh.onChange(change => void heard.push(change.kind));
    two.mesh.drain();
    await vi.waitFor(() => expect(stateOf(one, 'two')).toBe('draining'));
    expect(one.mesh.find('test:echo').map(candidate => candidate.address.node)).toEqual(['one']);
    await two.mesh.leave();
    await vi.waitFor(() => expect(stateOf(one, 'two')).toBe('left'));
    expect(() => one.mesh.transport.send(message('one', 'two'))).toThrow('node two left the mesh');
    expect(heard).toEqual(expect.arrayContaining(['draining', 'left']));
  });

  test('fails what is open with a node that falls silent', async () => {
    const own = await launchBroker({}, { jetStream: false });
    await using one = await joinMesh({ control: { urls: own.url }, node: 'one' });
    const two = await joinMesh({ control: { urls: own.url }, node: 'two', beatMs: 100_000 });
    await vi.waitFor(() => expect(one.mesh.members()).toHaveLength(1));
    const open = message('one', 'two', { kind: 'ask' });
    await one.mesh.transport.send(open);
    await vi.waitFor(() => expect(stateOf(one, 'two')).toBe('dead'), { timeout: 5000 });
    expect(one.failed.find(failure => failure.messageId === open.messageId)?.error.message).toContain('two is dead');
    expect(() => one.mesh.transport.send(message('one', 'two'))).toThrow(/node two is dead: nothing was heard/);
    await two.mesh.leave();
    await own.stop();
  });
});

describe('a name on the mesh', () => {
  test('is refused to a second node with another key, which fails to start naming both', async () => {
    await using first = await joinMesh({ ...at(), node: 'twin' });
    await using witness = await joinMesh({ ...at(), node: 'witness' });
    await allAlive(first, witness);
    const second = makeMesh({ ...at(), node: 'twin' });
    await expect(startMesh(second)).rejects.toMatchObject({
      code: 'already-exists',
      details: {
        holderKey: first.mesh.identity.fingerprint,
        refusedKey: second.mesh.identity.fingerprint,
        holderBoot: first.mesh.transport.bootId,
        refusedBoot: second.mesh.transport.bootId,
      },
    });
    expect(witness.mesh.members().find(member => member.node === 'twin')?.fingerprint).toBe(
      first.mesh.identity.fingerprint,
    );
    expect(stateOf(witness, 'twin')).toBe('alive');
    expect(first.mesh.health().state).toBe('joined');
  });

  test('is refused to a second boot of the same key while the first lives, and free again after it left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aiflow-mesh-'));
    const identity = await loadIdentity(folder, 'solo');
    const first = await joinMesh({ ...at(), node: 'solo', identity });
    await using witness = await joinMesh({ ...at(), node: 'witness' });
    await allAlive(first, witness);
    await expect(startMesh(makeMesh({ ...at(), node: 'solo', identity }))).rejects.toMatchObject({
      code: 'already-exists',
    });
    await vi.waitFor(() => expect(stateOf(witness, 'solo')).toBe('alive'));
    await first.mesh.leave();
    await using again = await joinMesh({ ...at(), node: 'solo', identity });
    await allAlive(again, witness);
    await rm(folder, { recursive: true });
  });
});

describe('adverts', () => {
  const victim = (fields: object = {}) => {
    const identity = createEphemeralIdentity('ghost');
    const own = { fleet: 'test', site: 'home', node: 'ghost', publicKey: identity.publicKey } as const;
    const bytes = signAdvert(identity, sampleAdvert({ ...own, tier: 'device', ...fields }));
    return { identity, bytes };
  };

  test('are taken in when they are signed', async () => {
    await using one = await joinMesh({ ...at(), node: 'one' });
    raw.publish('af.hello.test.home.ghost', victim().bytes);
    await vi.waitFor(() => expect(stateOf(one, 'ghost')).toBe('seen'));
  });

  test('unsigned, forged, foreign, malformed or under another name are refused and counted', async () => {
    await using one = await joinMesh({ ...at(), node: 'one', tier: 'edge' });
    const { bytes } = victim();
    const changed = Uint8Array.from(bytes);
    changed[20]! ^= 1;
    raw.publish('af.hello.test.home.ghost', changed);
    raw.publish('af.hello.test.home.other', bytes);
    raw.publish('af.hello.test.elsewhere.ghost', bytes);
    raw.publish('af.hello.test.home.ghost', victim({ publicKey: 'somebody-else' }).bytes);
    raw.publish('af.hello.test.home.ghost', victim({ fleet: 'other' }).bytes);
    raw.publish('af.hello.test.home.ghost', Uint8Array.of(255, 255));
    raw.publish('af.hello.test.home.ghost', new Uint8Array());
    raw.publish('af.hello.test.home.ghost', new Uint8Array(300_000));
    await vi.waitFor(() => {
      const { forgedAdverts, foreignAdverts, malformedAdverts } = one.mesh.health().counters;
      expect({ forgedAdverts, foreignAdverts, malformedAdverts }).toEqual({
        forgedAdverts: 4,
        foreignAdverts: 1,
        malformedAdverts: 3,
      });
    });
    expect(one.mesh.members()).toEqual([]);
    expect(one.log.filter(line => line.includes('refused an advert')).length).toBeLessThanOrEqual(3);
  });

  test('of keys that the fleet file does not list are refused', async () => {
    const identity = createEphemeralIdentity('one');
    const friend = createEphemeralIdentity('friend');
    const trust = createKeyListTrust({ one: identity.publicKey, friend: friend.publicKey });
    await using one = await joinMesh({ ...at(), node: 'one', identity, trust });
    await using two = await joinMesh({ ...at(), node: 'friend', identity: friend, trust });
    raw.publish('af.hello.test.home.ghost', victim().bytes);
    await allAlive(one, two);
    await vi.waitFor(() => expect(one.mesh.health().counters.untrustedAdverts).toBe(1));
    expect(one.mesh.members().map(member => member.node)).toEqual(['friend']);
  });
});

describe('trust', () => {
  test('on first use does not leave this machine, and neither does an anonymous connection in plaintext', () => {
    const remote = { urls: 'nats://broker.example:4222' };
    expect(() => makeMesh({ node: 'one', control: { ...remote, user: 'u', password: 'p' } })).toThrow(
      /trust on first use would let anybody join/,
    );
    const identity = createEphemeralIdentity('one');
    const trust = createKeyListTrust({ one: identity.publicKey });
    expect(() => makeMesh({ node: 'one', identity, trust, control: remote })).toThrow(/neither credentials nor TLS/);
    expect(() => makeMesh({ node: 'one', identity, trust, control: { ...remote, insecure: true } })).not.toThrow();
  });

  test('on first use is said loudly', () => {
    expect(makeMesh({ node: 'one', ...at() }).log).toContainEqual(expect.stringContaining('trust on first use'));
  });
});
