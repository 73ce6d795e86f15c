import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { FLEET_CONFIG } from '../config/fleet-config.ts';
import { renderNodeFile, resolvePaths } from './node-file.ts';

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

test("what a fleet's file states of a node's power reaches the node's own file", () => {
  const nodes = [
    { name: 'edge-1', tier: 'edge', power: { watts: 12 } },
    { name: 'edge-2', tier: 'edge' },
  ];
  const place = { fleet: 'here', broker: { url: 'nats://127.0.0.1:4222' }, stateFolder: '/s', cacheFolder: '/c' };
  const [stated, silent] = FLEET_CONFIG.parse({ fleet: 'here', nodes }).nodes.map(node =>
    parse(renderNodeFile(node, place)),
  );
  expect(stated).toMatchObject({ power: { watts: 12 } });
  expect(silent).not.toHaveProperty('power');
});
