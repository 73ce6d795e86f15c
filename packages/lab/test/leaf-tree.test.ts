// SPDX-License-Identifier: Apache-2.0
import {
  type BrokerBinary,
  compareVersions,
  LANES,
  type Lane,
  type LaunchedBroker,
  type LeafTree,
  launchBroker,
  launchLeafTree,
  listBrokers,
} from '@aiflow/lab';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectProbe, type NatsProbe } from './nats-probe.ts';

const brokers = await listBrokers();

test('the tree is tried on two versions of the server at least', () => {
  const enough = process.env.AIFLOW_ALLOW_ONE_BROKER === '1' ? 1 : 2;
  const found = brokers.map(({ version }) => version);
  expect(found.length, `found ${found.join(', ')}: run node scripts/fetch-brokers.mjs`).toBeGreaterThanOrEqual(enough);
});

/** The device tier may lag behind the rest or run ahead of it. */
const oldest = brokers[0];
const newest = brokers.at(-1);
const trees: { name: string; binary: Record<'cloud' | 'edge' | 'device', BrokerBinary> }[] = brokers.map(broker => ({
  name: broker.version,
  binary: { cloud: broker, edge: broker, device: broker },
}));
if (oldest !== undefined && newest !== undefined && oldest !== newest) {
  const mixes = [
    [newest, newest, oldest],
    [newest, oldest, newest],
    [oldest, newest, newest],
    [oldest, oldest, newest],
  ] as const;
  for (const [cloud, edge, device] of mixes)
    trees.push({
      name: `cloud ${cloud.version}, edge ${edge.version}, device ${device.version}`,
      binary: { cloud, edge, device },
    });
}

describe.each(trees)('a leaf tree of $name', ({ binary }) => {
  let tree: LeafTree;
  const probes = new Map<string, NatsProbe>();

  beforeAll(async () => {
    tree = await launchLeafTree({ binary: server => binary[server.tier] });
  });
  afterEach(async () => {
    for (const one of probes.values()) await one[Symbol.asyncDispose]();
    probes.clear();
  });
  afterAll(() => tree?.stop());

  const probe = (node: string): NatsProbe => probes.get(node)!;
  const place = (node: string): string => `${tree.node(node).site}.${node}`;
  const path = (from: string, to: string): string => `af.lab.${place(from)}.${place(to)}`;
  const nodes = (): string[] => tree.nodes.map(({ node }) => node);
  const pairs = (): [string, string][] =>
    nodes().flatMap(from => nodes().flatMap((to): [string, string][] => (from === to ? [] : [[from, to]])));
  const connectAll = async (lane: Lane): Promise<void> => {
    for (const { node, urls } of tree.nodes) probes.set(node, await connectProbe(urls[lane]));
  };
  /** Repeats what is sent until all that is expected was heard: interest needs a moment to cross the links. */
  const sendUntil = (send: () => void, heard: () => void): Promise<void> =>
    vi.waitFor(
      () => {
        send();
        heard();
      },
      { timeout: 5000, interval: 50 },
    );
  const subjectsAt = (node: string): string[] =>
    [...new Set(probe(node).received.map(({ subject }) => subject))].sort();

  test.each(LANES)('carries %s messages from every node to every other, one subscription a sender', async lane => {
    await connectAll(lane);
    for (const [from, to] of pairs()) await probe(to).subscribe(`${path(from, to)}.>`);
    const expected = (to: string): string[] =>
      nodes()
        .filter(from => from !== to)
        .map(from => `${path(from, to)}.verifier.ask`);
    await sendUntil(
      () => {
        for (const [from, to] of pairs()) probe(from).publish(`${path(from, to)}.verifier.ask`, 'x');
      },
      () => {
        for (const to of nodes()) expect(subjectsAt(to)).toEqual(expected(to).sort());
      },
    );
    for (const node of nodes()) expect(probe(node).errors).toEqual([]);
  });

  const parents = [binary.cloud, binary.edge];
  test.runIf(parents.every(({ version }) => compareVersions(version, '2.10.0') >= 0))(
    'carries messages to one wildcard subscription a node where every parent server is 2.10 or newer',
    async () => {
      await connectAll('control');
      for (const node of nodes()) await probe(node).subscribe(`af.lab.*.*.${place(node)}.>`);
      await sendUntil(
        () => {
          for (const [from, to] of pairs()) probe(from).publish(`${path(from, to)}.verifier.ask`, 'x');
        },
        () => {
          for (const to of nodes()) expect(subjectsAt(to)).toHaveLength(nodes().length - 1);
        },
      );
    },
  );

  test('hellos reach the site, the edges and the cloud, and no device of another site', async () => {
    await connectAll('control');
    for (const { node, site, tier } of tree.nodes)
      await probe(node).subscribe(
        ...(tier === 'device' ? [`af.hello.lab.${site}.*`, 'af.hello.lab.cloud.*'] : ['af.hello.lab.>']),
      );
    await sendUntil(
      () => {
        for (const node of nodes()) probe(node).publish(`af.hello.lab.${place(node)}`, 'x');
      },
      () => {
        const heardBy = (node: string): string[] => subjectsAt(node).map(subject => subject.split('.')[4]!);
        const all = [...nodes()].sort();
        const site = ['cloud-1', 'device-1', 'device-2', 'edge-1'];
        expect(Object.fromEntries(nodes().map(node => [node, heardBy(node).sort()]))).toEqual({
          ...{ 'cloud-1': all, 'edge-1': all, 'edge-2': all },
          ...{ 'device-1': site, 'device-2': site, 'device-3': ['cloud-1', 'device-3', 'edge-2'] },
        });
      },
    );
  });

  test('events reach who subscribed to their sender, within the site, at edges and in the cloud', async () => {
    await connectAll('control');
    const hears = (to: string, from: string): boolean =>
      tree.node(to).tier !== 'device' || ['cloud', tree.node(to).site].includes(tree.node(from).site);
    const sendersFor = (to: string): string[] => nodes().filter(from => hears(to, from));
    for (const to of nodes()) await probe(to).subscribe(...sendersFor(to).map(from => `af.lab.${place(from)}.all.>`));
    await sendUntil(
      () => {
        for (const from of nodes()) probe(from).publish(`af.lab.${place(from)}.all.advert`, 'x');
      },
      () => {
        for (const to of nodes())
          expect(subjectsAt(to)).toEqual(
            sendersFor(to)
              .map(from => `af.lab.${place(from)}.all.advert`)
              .sort(),
          );
      },
    );
  });

  test('an ask that nobody listens to is answered with 503, whatever lies between', async () => {
    await connectAll('control');
    for (const node of nodes()) await probe(node).subscribe(`af.lab.${place(node)}.${place(node)}.>`);
    for (const [from, to] of pairs()) probe(from).publish(`${path(from, to)}.ask`, 'x', `${path(from, from)}.${to}`);
    for (const from of nodes())
      await vi.waitFor(() => {
        const answers = probe(from).received.map(({ subject, status }) => `${subject} ${status}`);
        const others = nodes().filter(to => to !== from);
        expect(answers.sort()).toEqual(others.map(to => `${path(from, from)}.${to} 503`).sort());
      });
  });

  /** A server of the attacker's own, without limits inside, that holds the link credentials of `node`. */
  const launchRogue = async (node: string): Promise<{ broker: LaunchedBroker; probe: NatsProbe }> => {
    const { tier, urls, uplink } = tree.node(node);
    const { username, password } = new URL(urls.control);
    const broker = await launchBroker(
      { binary: binary[tier] },
      {
        ...{ serverName: `rogue-${node}`, jetStream: false, monitor: true },
        config: `leafnodes { reconnect: 1, remotes: [ { url: "nats-leaf://${username}:${password}@127.0.0.1:${uplink?.port}" } ] }`,
      },
    );
    return { broker, probe: await connectProbe(broker.url) };
  };

  test.each([
    ['device-1', ['site-1.device-2', 'site-1.edge-1', 'site-2.device-3', 'cloud.cloud-1']],
    ['edge-1', ['site-2.edge-2', 'site-2.device-3', 'cloud.cloud-1']],
  ])('nothing that a captured %s sends in the name of others arrives anywhere', async (captured, others) => {
    await connectAll('control');
    const rogue = await launchRogue(captured);
    const listeners = nodes().filter(node => node !== captured);
    for (const to of listeners) {
      const senders = nodes().filter(from => from !== to && (tree.node(to).tier !== 'device' || from !== 'device-3'));
      await probe(to).subscribe(`af.lab.*.*.${place(to)}.>`, ...nodes().map(from => `${path(from, to)}.>`));
      if (tree.node(to).tier !== 'device')
        await probe(to).subscribe(
          'af.hello.lab.>',
          'af.lab.*.*.all.>',
          ...senders.map(from => `af.lab.${place(from)}.all.>`),
        );
    }
    const send = (as: string, text: string): void => {
      for (const to of listeners) rogue.probe.publish(`af.lab.${as}.${place(to)}.ask`, text);
      rogue.probe.publish(`af.hello.lab.${as}`, text);
      rogue.probe.publish(`af.lab.${as}.all.advert`, text);
    };
    const textsAt = (node: string): Set<string> => new Set(probe(node).received.map(({ text }) => text));
    const bothHeard = (own: string) => (): void => {
      for (const node of listeners) expect(textsAt(node)).toContain(own);
    };
    await sendUntil(() => send(place(captured), 'own'), bothHeard('own'));
    for (const other of others) send(other, 'forged');
    await sendUntil(() => send(place(captured), 'own, later'), bothHeard('own, later'));
    for (const node of listeners) expect([...textsAt(node)]).toEqual(['own', 'own, later']);
    await rogue.probe[Symbol.asyncDispose]();
    await rogue.broker.stop();
  });

  test('nobody but a server may use the name of a link, and no server the name of a client', async () => {
    const { username, password } = new URL(tree.node('device-1').urls.control);
    const edge = tree.node('edge-1');
    const asLink = connectProbe(`nats://${username}:${password}@127.0.0.1:${edge.broker.port}`);
    await expect(asLink).rejects.toThrow('Authorization Violation');
    const asClient = `nats-leaf://edge-1.control:${password}@127.0.0.1:${edge.broker.ports.leaf}`;
    await using rogue = await launchBroker(
      { binary: binary.device },
      { jetStream: false, config: `leafnodes { reconnect: 1, remotes: [ { url: "${asClient}" } ] }` },
    );
    await vi.waitFor(() => expect(rogue.log().join('\n')).toMatch(/Authorization Violation/), 5000);
  });

  test('a captured device hears nothing that is meant for its neighbour, whatever it subscribes to', async () => {
    await connectAll('control');
    const rogue = await launchRogue('device-1');
    await rogue.probe.subscribe(
      '>',
      'af.>',
      'af.lab.*.*.site-1.device-2.>',
      'af.lab.*.*.site-1.>',
      `${path('edge-1', 'device-1')}.>`,
    );
    await probe('device-2').subscribe(`${path('edge-1', 'device-2')}.>`);
    await sendUntil(
      () => {
        probe('edge-1').publish(`${path('edge-1', 'device-2')}.ask`, 'for device-2');
        probe('edge-1').publish(`${path('edge-1', 'device-1')}.ask`, 'for device-1');
      },
      () => {
        expect(probe('device-2').received.length).toBeGreaterThan(0);
        expect(rogue.probe.received.length).toBeGreaterThan(0);
      },
    );
    expect(new Set(rogue.probe.received.map(({ text }) => text))).toEqual(new Set(['for device-1']));
    await rogue.probe[Symbol.asyncDispose]();
    await rogue.broker.stop();
  });
});
