// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { LAB_TREE, planServers } from './leaf-tree-plan.ts';

test('servers come from the hub outwards, each with its parent', () => {
  const servers = planServers(LAB_TREE).map(({ node, tier, parent }) => `${tier} ${node} below ${parent ?? 'nothing'}`);
  expect(servers).toEqual([
    'cloud cloud-1 below nothing',
    'edge edge-1 below cloud-1',
    'edge edge-2 below cloud-1',
    'device device-1 below edge-1',
    'device device-2 below edge-1',
    'device device-3 below edge-2',
  ]);
});

test('a node is granted its own name only, and its link no more than the node where it carries one node alone', () => {
  const servers = planServers(LAB_TREE);
  for (const { node, site, clientGrants } of servers)
    expect(clientGrants.publish).toEqual([`af.lab.${site}.${node}.>`, `af.hello.lab.${site}.${node}`]);
  for (const server of servers.filter(({ tier }) => tier === 'device'))
    expect(server.linkGrants).toEqual(server.clientGrants);
});

test.each([
  [{ fleet: 'hello' }, "a fleet can't be named 'hello'"],
  [{ cloud: { site: 'all', node: 'cloud-1' } }, "a site can't be named 'all'"],
  [{ fleet: 'lab.>' }, 'fleet name "lab.>" is not allowed'],
  [{ cloud: { site: 'site-1', node: 'cloud-1' } }, "site 'site-1' stands twice in the plan"],
  [{ cloud: { site: 'cloud', node: 'device-3' } }, "node 'device-3' stands twice in the plan"],
])('refuses a plan with %o', (change, message) => {
  expect(() => planServers({ ...LAB_TREE, ...change })).toThrow(message);
});

test('a device without a server dials the edge, is granted what any device is, and its name stands once in the plan', () => {
  const site = { site: 'site-1', edge: 'edge-1', devices: ['device-1'], devicesWithoutServer: ['device-2'] };
  const servers = planServers({ ...LAB_TREE, sites: [site] });
  expect(servers.map(({ node }) => node)).toEqual(['cloud-1', 'edge-1', 'device-1']);
  const [{ node, grants } = { node: '', grants: undefined }] = servers[1]?.remoteClients ?? [];
  const renamed = JSON.stringify(servers[2]?.clientGrants).replaceAll('device-1', 'device-2');
  expect({ node, grants }).toEqual({ node: 'device-2', grants: JSON.parse(renamed) });
  const twice = { ...LAB_TREE, sites: [{ ...site, devicesWithoutServer: ['device-1'] }] };
  expect(() => planServers(twice)).toThrow("node 'device-1' stands twice in the plan");
});
