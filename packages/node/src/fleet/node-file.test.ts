import { expect, test } from 'vitest';
import { FLEET_CONFIG } from '../config/fleet-config.ts';
import { resolvePaths } from './node-file.ts';

function resolved(model: Record<string, unknown>): unknown {
  const node = { name: 'edge-1', tier: 'edge', model: { exits: [5], ...model }, actors: [{ module: './a.ts' }] };
  const [parsed] = FLEET_CONFIG.parse({ fleet: 'here', nodes: [node] }).nodes;
  return resolvePaths(parsed!, '/fleets');
}

test("paths in a fleet's file are relative to it, for every node's process wherever its own file lies", () => {
  expect(resolved({ folder: './mine', cacheFolder: 'graphs' })).toMatchObject({
    actors: [{ module: '/fleets/a.ts' }],
    model: { folder: '/fleets/mine', cacheFolder: '/fleets/graphs' },
  });
  expect(resolved({ folder: '/elsewhere/mine' })).toMatchObject({ model: { folder: '/elsewhere/mine' } });
});

test("a family's plain name is no path", () => {
  expect(resolved({ folder: 'nano' })).toMatchObject({ model: { folder: 'nano' } });
});
