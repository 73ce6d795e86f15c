import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
