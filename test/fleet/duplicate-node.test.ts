// SPDX-License-Identifier: Apache-2.0
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KEY_FILE_NAME } from '@aiflow/mesh';
import type { Fleet } from '@aiflow/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AiflowProcess, startAiflow } from '../../packages/node/test/aiflow-process.ts';
import { endingOf, fixture, startTestFleet, stateOf, type TestFleet } from './test-fleet.ts';

const PATIENCE = { timeout: 60_000 };
let fleet: TestFleet;
let client: Fleet;

beforeAll(async () => {
  const ledger = `actors: [ { module: ${fixture('ledger-actor')} } ]`;
  fleet = await startTestFleet(`fleet: doubled
nodes:
  - { name: edge-1, tier: edge, ${ledger} }
  - { name: device-1, tier: device, link: {}, ${ledger} }
`);
  client = await fleet.connect();
  await client.waitForNodes(2, { timeoutMs: 10_000 });
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await fleet?.[Symbol.asyncDispose]();
});

let machines = 0;

/** A second machine of the name device-1, whose own way to the broker is whole. */
function startDuplicate(key: 'copied' | 'another'): AiflowProcess {
  const file = fleet.processOf('device-1').configFile;
  const text = readFileSync(file, 'utf8');
  const state = /^ {2}folder: (.*)$/m.exec(text)?.[1] ?? '';
  const machine = join(dirname(file), `machine-${++machines}`);
  if (key === 'copied') cpSync(join(state, KEY_FILE_NAME), join(machine, KEY_FILE_NAME));
  const copy = `${machine}.yaml`;
  const own = text.replace(state, machine).replace(/^ {2}url: .*$/m, `  url: ${fleet.running.run.url}`);
  writeFileSync(copy, own);
  return startAiflow(['node', '--config', copy]);
}

const bootOf = (): string | undefined => client.nodes().find(({ name }) => name === 'device-1')?.bootId;
const add = (): Promise<{ readonly code: string }> =>
  endingOf(() => client.call('ledger@device-1', { type: 'test.add', id: 'one' }, { timeoutMs: 1000 }));

describe.each([
  ['with a copied key', 'copied'],
  ['with another key', 'another'],
] as const)('a second machine under the same name, %s', (_what, key) => {
  test('ends at its start while the first lives, which serves on', PATIENCE, async () => {
    const before = bootOf();
    const duplicate = startDuplicate(key);
    expect(await duplicate.status).not.toBe(0);
    expect(duplicate.stderr()).toMatch(
      /error already-exists .*: node name device-1 is taken by boot .* refused: stop one/,
    );
    const [, held, refused] = /boot \S+ with key (\w+) .* boot \S+ with key (\w+)/.exec(duplicate.stderr()) ?? [];
    expect(held === refused).toBe(key === 'copied');
    await expect.poll(bootOf, { timeout: 5000 }).toBe(before);
    expect(await add()).toMatchObject({ code: 'ok' });
  });

  test('that comes while the first is cut off serves until that is back, and ends then', PATIENCE, async () => {
    const before = bootOf();
    const link = fleet.running.links.of('device-1')!;
    link.cut('reset');
    await expect.poll(() => stateOf(client, 'device-1'), { timeout: 15_000 }).toBe('dead');
    const duplicate = startDuplicate(key);
    await duplicate.line(line => line.includes('"node-ready"'));
    await expect.poll(async () => (await add()).code, { timeout: 10_000 }).toBe('ok');
    expect(bootOf()).not.toBe(before);

    link.heal();
    expect(await duplicate.status).not.toBe(0);
    expect(duplicate.stderr()).toMatch(
      /error already-exists .*: node name device-1 is taken by boot .* refused: stop one/,
    );
    await expect.poll(bootOf, { timeout: 30_000 }).toBe(before);
    await expect.poll(async () => (await add()).code, { timeout: 15_000 }).toBe('ok');
    expect(await fleet.readiness('device-1')).toBe('200 ok\n');
    expect(client.nodes().filter(({ name }) => name === 'device-1')).toHaveLength(1);
  });
});
