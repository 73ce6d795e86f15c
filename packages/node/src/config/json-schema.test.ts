import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchemas } from './json-schema.ts';

test.each(Object.entries(configSchemas()))('the published %s is what the code accepts', (name, schema) => {
  const published = readFileSync(join(import.meta.dirname, '../../schemas', name), 'utf8');
  expect(JSON.parse(published), 'run: npm run schemas -w packages/node').toEqual(JSON.parse(JSON.stringify(schema)));
});

test('each field of a node carries its documentation into the schema', () => {
  const node = configSchemas()['node.schema.json'] as {
    properties: Record<string, { properties?: Record<string, { description?: string }> }>;
  };
  expect(node.properties.node?.properties?.tier?.description).toMatch(/role this node plays/);
  expect(node.properties.mesh?.properties?.url?.description).toMatch(/broker/);
});

test('a simulation may be written short or long by its schema too, and the example is valid', () => {
  const schema = z.fromJSONSchema(configSchemas()['simulation.schema.json'] as z.core.JSONSchema.JSONSchema);
  const example = parse(readFileSync(join(import.meta.dirname, '../../examples/simulation.yaml'), 'utf8'));
  const device = { name: 'device-1', tier: 'device', exits: [1] };
  const valid = [
    example,
    { nodes: [device] },
    {
      nodes: [{ ...device, exits: [1, { exit: 3, rung: 2 }], link: '4g' }],
      tiers: 'local',
      questions: ['a', { question: 'b' }],
    },
    { nodes: [{ ...device, link: { profile: '4g', delayMs: 5 } }], tiers: ['auto', 'two'], draw: { count: 4 } },
  ];
  for (const file of valid) expect(schema.safeParse(file).error?.issues, JSON.stringify(file)).toBeUndefined();
  const refused = [
    {},
    { nodes: [{ ...device, exits: [0] }] },
    { nodes: [{ ...device, link: 12 }] },
    { nodes: [{ ...device, link: { speed: 1 } }] },
    { nodes: [device], tiers: 'both' },
    { nodes: [device], speed: 1 },
  ];
  for (const file of refused) expect(schema.safeParse(file).success, JSON.stringify(file)).toBe(false);
});
