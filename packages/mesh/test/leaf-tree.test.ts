// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { type BrokerBinary, type LeafTree, launchLeafTree, listBrokers } from '@aiflow/lab';
import { encodeEnvelope, type Tier } from '@aiflow/protocol';
import { describeTransport, SUITE_NODES } from '@aiflow/testkit';
import { createSeededRandom, createSystemClock, sleep } from '@aiflow/time';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createNatsTransport, formatSubject } from '../src/index.ts';
import { allAlive, joinMesh, type MeshStation, stateOf } from './mesh-station.ts';
import { message } from './transport-pair.ts';

const brokers = await listBrokers();
const clock = createSystemClock({ keepAlive: true });

/** Cloud and two devices of two sites play the suite's nodes; every message crosses permissioned leaf links. */
const SUITE_TREE = {
  fleet: 'suite',
  cloud: { site: 'cloud', node: 'alpha' },
  sites: [
    { site: 'site-1', edge: 'edge-1', devices: ['beta'] },
    { site: 'site-2', edge: 'edge-2', devices: ['gamma'] },
  ],
};

for (const binary of brokers) {
  describeTransport(`NATS over a leaf tree of ${binary.version}`, async () => {
    const tree = await launchLeafTree({ binary }, { plan: SUITE_TREE, links: {} });
    return {
      transports: async node => suiteTransport(tree, node),
      cut: async () => {
        for (const { link } of tree.nodes) link?.cut('reset');
      },
      heal: async () => {
        for (const { link } of tree.nodes) link?.heal();
        await tree.awaitLinks();
      },
      inject: (node, bytes) => inject(tree, node, bytes),
      dispose: () => tree.stop(),
    };
  });
}

function suiteTransport(tree: LeafTree, node: string) {
  const { site, urls } = tree.node(node);
  const transport = createNatsTransport(
    { clock, random: createSeededRandom(node) },
    {
      ...{ fleet: 'suite', site, node, bootId: randomUUID(), reconnectWaitMs: 50, hearing: 'site' },
      control: { urls: urls.control },
      bulk: { urls: urls.bulk },
    },
  );
  for (const peer of SUITE_NODES) if (peer !== node) void transport.admit({ site: tree.node(peer).site, node: peer });
  const start = transport.start.bind(transport);
  transport.start = async (receiver, signal) => {
    await start(receiver, signal);
    await sleep(clock, 60); // interest crosses the links; a mesh learns of it by the handshake
  };
  return transport;
}

async function inject(tree: LeafTree, node: string, bytes: Uint8Array): Promise<void> {
  const from = tree.node(node === 'alpha' ? 'beta' : 'alpha');
  const { hostname, port, username: user, password: pass } = new URL(from.urls.control);
  const raw = await connect({ servers: `${hostname}:${port}`, user, pass });
  const to = { site: tree.node(node).site, node };
  raw.publish(
    formatSubject({
      kind: 'message',
      fleet: 'suite',
      from: { site: from.site, node: from.node },
      to,
      actor: 'probe',
      lane: 'control',
    }),
    bytes,
  );
  await raw.drain();
}

const [oldest] = brokers;
const newest = brokers.at(-1);
const mixes: { readonly name: string; readonly binary: Readonly<Record<Tier, BrokerBinary>> }[] = [];
for (const broker of brokers) {
  mixes.push({ name: broker.version, binary: { cloud: broker, edge: broker, device: broker } });
}
if (oldest !== undefined && newest !== undefined && oldest !== newest) {
  mixes.push({ name: 'an old edge between new ones', binary: { cloud: newest, edge: oldest, device: newest } });
}

describe.each(mixes)('a mesh over a permissioned leaf tree of $name', ({ binary }) => {
  let tree: LeafTree;
  const stations = new Map<string, MeshStation>();
  beforeAll(async () => {
    tree = await launchLeafTree({ binary: server => binary[server.tier] });
    for (const { node, site, tier, urls } of tree.nodes) {
      const endpoints = { control: { urls: urls.control }, bulk: { urls: urls.bulk } };
      stations.set(node, await joinMesh({ ...endpoints, fleet: 'lab', node, site, tier, beatMs: 200 }));
    }
  });
  afterAll(async () => {
    for (const station of stations.values()) await station.mesh.leave();
    await tree?.stop();
  });
  const at = (node: string): MeshStation => stations.get(node)!;

  test('brings together each device, its edge and the cloud, and edges with the cloud', async () => {
    await allAlive(at('cloud-1'), at('edge-1'), at('device-1'), at('device-2'));
    await allAlive(at('cloud-1'), at('edge-1'), at('edge-2'));
    await allAlive(at('cloud-1'), at('edge-2'), at('device-3'));
  });

  test('keeps them alive for many beats, without a violation of permissions', async () => {
    await sleep(clock, 2_000);
    expect(stateOf(at('device-1'), 'cloud-1')).toBe('alive');
    expect(stateOf(at('cloud-1'), 'device-3')).toBe('alive');
    for (const station of stations.values()) expect(station.mesh.health().lastRefusal).toBeUndefined();
  });

  test('carries small and large messages over both tiers', async () => {
    const payload = Buffer.alloc(3_000_000, 7);
    const { delivered } = at('cloud-1');
    await at('device-1').mesh.transport.send(message('device-1', 'cloud-1', { payload }));
    await at('device-3').mesh.transport.send(message('device-3', 'cloud-1'));
    await vi.waitFor(() => expect(delivered.length).toBe(2), { timeout: 10_000 });
    const sizes = delivered.map(envelope => envelope.payload.byteLength).sort((one, other) => one - other);
    expect(sizes).toEqual([0, 3_000_000]);
  });

  test('lets nobody speak for another node or site', async () => {
    const { hostname, port, username: user, password: pass } = new URL(tree.node('device-1').urls.control);
    const forger = await connect({ servers: `${hostname}:${port}`, user, pass });
    const refused: string[] = [];
    void (async () => {
      for await (const status of forger.status()) if (status.type === 'error') refused.push(status.error.message);
    })();
    const victims = [
      { site: 'site-1', node: 'device-2' },
      { site: 'site-1', node: 'edge-1' },
      { site: 'site-2', node: 'device-3' },
    ];
    const heard = at('cloud-1').delivered.length;
    for (const from of victims) {
      const to = { site: 'cloud', node: 'cloud-1' };
      const subject = formatSubject({ kind: 'message', fleet: 'lab', from, to, actor: 'target', lane: 'control' });
      forger.publish(subject, encodeEnvelope(message(from.node, 'cloud-1')));
      forger.publish(`af.hello.lab.${from.site}.${from.node}`, Uint8Array.of(1));
    }
    await vi.waitFor(() => expect(refused).toHaveLength(6));
    expect(refused.every(text => /permissions violation/i.test(text))).toBe(true);
    expect(at('cloud-1').delivered.length).toBe(heard);
    await forger.close();
  });
});
