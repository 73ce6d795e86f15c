import { expect, test } from 'vitest';
import { FLEET_CONFIG } from '../config/fleet-config.ts';
import { LINK_PROFILES } from './link-profiles.ts';
import { resolveLinks } from './resolve-links.ts';
import { simulatedFleet } from './simulated-fleet.ts';
import { SIMULATION_CONFIG, type SimulationConfig } from './simulation-config.ts';

function configOf(link: unknown, links: unknown = {}): SimulationConfig {
  const cloud = { name: 'cloud-1', tier: 'cloud', exits: [11], ...(link === undefined ? {} : { link }) };
  return SIMULATION_CONFIG.parse({ nodes: [cloud, { name: 'device-1', tier: 'device', exits: [1] }], links });
}

test('a profile by name has the profile’s figures', () => {
  const { standsFor: _standsFor, ...figures } = LINK_PROFILES.drone ?? { standsFor: '' };
  expect(resolveLinks(configOf('drone'), undefined)).toEqual([{ node: 'cloud-1', title: 'drone', ...figures }]);
});

test('own figures take the place of the profile’s, also by way of a link that the file names', () => {
  const config = configOf(
    { profile: 'yard', delayMs: 9 },
    { yard: { profile: '4g', bitsPerSecond: 5000, upBitsPerSecond: 700 } },
  );
  const [link] = resolveLinks(config, undefined);
  expect(link).toMatchObject({
    ...{ title: 'yard, changed', delayMs: 9, upBitsPerSecond: 700, downBitsPerSecond: 5000 },
    jitterMs: LINK_PROFILES['4g']?.jitterMs,
  });
});

test('a named profile takes the place of every link of the file, and of none where there is none', () => {
  expect(resolveLinks(configOf({ delayMs: 5, lossRatio: 0.5 }), 'wired-edge')).toMatchObject([
    { node: 'cloud-1', title: 'wired-edge', delayMs: 0.5 },
  ]);
  expect(resolveLinks(configOf({ delayMs: 5 }), 'wired-edge')[0]).not.toHaveProperty('lossRatio');
  expect(() => resolveLinks(configOf('4g', { yard: {} }), '6g')).toThrow(
    "there is no link profile '6g': known are wired-edge, 5g, 4g, drone, satellite, satellite-low, tunnel, yard",
  );
  expect(() => resolveLinks(configOf(undefined), '4g')).toThrow('--profile 4g has no link whose place it could take');
});

test('a node’s process gets its model and roles, and its link rates in bytes by direction', () => {
  const config = configOf({ delayMs: 5, upBitsPerSecond: 8000, lossRatio: 0.1 });
  const links = resolveLinks(config, undefined);
  const fleet = simulatedFleet({ ...config, seed: 9 }, links, { name: 'lab', baseFolder: '/labs' });
  expect(fleet.nodes).toMatchObject([
    {
      ...{ name: 'cloud-1', model: { folder: 'nano', exits: [11] }, roles: { answer: {}, verify: {} } },
      link: { seed: 9, delayMs: 5, jitterMs: 0, lossRatio: 0.1, up: { bytesPerSecond: 1000 }, down: {} },
    },
    { name: 'device-1', roles: { answer: {} } },
  ]);
  expect(fleet.nodes[1]).not.toHaveProperty('link');
  expect(fleet.nodes[1]?.roles).not.toHaveProperty('verify');
  const { link: _link, ...node } = fleet.nodes[0]!;
  expect(FLEET_CONFIG.safeParse({ fleet: 'lab', nodes: [node] }).success).toBe(true);
});
