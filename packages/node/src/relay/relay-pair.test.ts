// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { FleetNode } from '../client/fleet.ts';
import { checkRelayExit, chooseRelayPair } from './relay-pair.ts';

function node(name: string, serves: readonly number[], enters: readonly number[], state = 'alive'): FleetNode {
  const capabilities = [
    ...serves.map(layer => `features:nano:${layer}:fp32`),
    ...enters.map(layer => `continue:nano:${layer}:fp32`),
    'verify:nano:11:fp32',
  ];
  const actors = [{ name: 'relay', capabilities, mailboxDepth: 0 }];
  return {
    ...{ name, tier: 'edge', site: 'main', state, bootId: 'b', pid: 1, actors, links: [], families: [] },
    ...{ loadRatio: 0, residentBytes: 0, heardMsAgo: 0 },
  };
}

const FLEET = [node('cloud-1', [], [3, 5, 8, 11]), node('edge-1', [1, 5], [1, 5]), node('device-1', [1], [])];
const ANY = { from: undefined, to: undefined, layer: undefined, exit: undefined };

test('the deepest exit, entered as deep as another node can serve', () => {
  expect(chooseRelayPair(FLEET, ANY)).toEqual({ source: 'edge-1', continuer: 'cloud-1', layer: 5, exit: 11 });
});

test('what was asked for narrows the choice', () => {
  expect(chooseRelayPair(FLEET, { ...ANY, from: 'device-1' })).toMatchObject({
    continuer: 'edge-1',
    layer: 1,
    exit: 5,
  });
  expect(chooseRelayPair(FLEET, { ...ANY, exit: 8 })).toMatchObject({ source: 'edge-1', layer: 5, exit: 8 });
  expect(chooseRelayPair(FLEET, { ...ANY, layer: 1 })).toMatchObject({ continuer: 'edge-1', layer: 1 });
});

test('nobody relays to itself, to the dead, or where the trunk has no cut', () => {
  const impossible = [
    [node('cloud-1', [5], [5, 11])],
    [node('cloud-1', [], [5, 11]), node('edge-1', [5], [], 'dead')],
    [node('cloud-1', [], [3, 11]), node('edge-1', [5], [])],
  ];
  for (const fleet of impossible) {
    expect(() => chooseRelayPair(fleet, ANY)).toThrow(expect.objectContaining({ code: 'not-found' }));
  }
  expect(() => chooseRelayPair(FLEET, { ...ANY, exit: 7 })).toThrow(
    /relay exit 7: layers served: cloud-1 none, edge-1 1\+5, device-1 1; layers entered at: cloud-1 3\+5\+8\+11/,
  );
});

test('a fleet in which nobody relays is told the roles, and how to try it on another', () => {
  const plain = [node('cloud-1', [], []), node('device-1', [], [])];
  expect(() => chooseRelayPair(plain, ANY)).toThrow(
    /can relay anything: .*the role features and another the role continue.*; or try it on a fleet of its own: aiflow relay --link 1gbit,1ms$/,
  );
  expect(() => chooseRelayPair(FLEET, { ...ANY, from: 'cloud-1' })).toThrow(/among model\.exits of both$/);
});

test('an exit that the family lacks is told with those it has', () => {
  const family = { family: 'nano', exits: [{ depth: 1 }, { depth: 3 }] };
  expect(() => checkRelayExit(4, family)).toThrow('family nano has no exit 4: its exits are 1, 3');
  expect(() => checkRelayExit(3, family)).not.toThrow();
  expect(() => checkRelayExit(undefined, family)).not.toThrow();
});
