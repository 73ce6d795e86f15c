import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../src/index.ts';
import { createWorkspace, runAiflow, startAiflow, type Workspace } from './aiflow-process.ts';

const MOODY = fileURLToPath(new URL('./fixtures/moody-actor.ts', import.meta.url));

let workspace: Workspace;
let broker: LaunchedBroker;

beforeAll(async () => {
  workspace = createWorkspace();
  broker = await launchBroker();
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  workspace[Symbol.dispose]();
});

function writeNode(name: string, more = ''): string {
  return workspace.write(
    `${name}.yaml`,
    `fleet: lone
node: { name: ${name}, tier: edge }
mesh: { url: '${broker.url}', trust: { policy: first-use } }
state: { folder: ./state-${name} }
actors: [ { module: ${MOODY} } ]
${more}`,
  );
}

const readyLine = (line: string): boolean => line.includes('"node-ready"');

test('a node stays live and ready without its broker, says that it is degraded, and is on the mesh again when the broker is back', async () => {
  await using node = startAiflow(['node', '--config', writeNode('edge-a')], workspace.env);
  const { healthUrl } = JSON.parse(await node.line(readyLine)) as { healthUrl: string };
  expect((await fetch(`${healthUrl}/meshz`)).status).toBe(200);
  await broker.kill();
  await expect.poll(async () => (await fetch(`${healthUrl}/meshz`)).status, { timeout: 15_000 }).toBe(503);
  expect(await (await fetch(`${healthUrl}/meshz`)).text()).toMatch(/mesh: link to the broker is down/);
  const ready = await fetch(`${healthUrl}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([
    200,
    expect.stringMatching(/^\[!\] mesh: link to the broker is down, mesh is joined\nok, degraded\n$/),
  ]);
  expect((await fetch(`${healthUrl}/livez`)).status).toBe(200);
  await broker.restart();
  await expect.poll(async () => (await fetch(`${healthUrl}/meshz`)).status, { timeout: 15_000 }).toBe(200);
});

test('SIGTERM lets an open ask finish, refuses new work, and ends with status 0', async () => {
  await using node = startAiflow(['node', '--config', writeNode('edge-b')], workspace.env);
  await node.line(readyLine);
  await using fleet = await connect({ fleet: 'lone', url: broker.url });
  const open = fleet.call('moody@edge-b', { type: 'test.wait', ms: 700 });
  await expect.poll(() => fleet.call('$system@edge-b', {}), { timeout: 2000 }).toMatchObject({ serving: 2 });
  node.child.kill('SIGTERM');
  await expect
    .poll(() => fleet.nodes().find(member => member.name === 'edge-b')?.state, { timeout: 2000 })
    .toBe('draining');
  await expect(fleet.call('moody@edge-b', { type: 'test.count' })).rejects.toMatchObject({ code: 'unavailable' });
  expect(await open).toEqual({ waitedMs: 700 });
  expect(await node.status).toBe(0);
});

test('a second node under the same name is refused and the first goes on', async () => {
  await using first = startAiflow(['node', '--config', writeNode('edge-c')], workspace.env);
  await first.line(readyLine);
  const twin = writeNode('edge-c', '').replace('edge-c.yaml', 'edge-c.yaml');
  const second = await runAiflow(['node', '--config', twin], {
    ...workspace.env,
    AIFLOW__STATE__FOLDER: './state-twin',
  });
  expect(second.status).toBe(1);
  expect(second.stderr).toMatch(/error already-exists.*edge-c/);
  await using fleet = await connect({ fleet: 'lone', url: broker.url });
  expect(await fleet.call('moody@edge-c', { type: 'test.count' })).toEqual({ count: 1 });
});

test('a health port that is taken ends the start with address and remedy', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => blocker.once('listening', resolve));
  const { port } = blocker.address() as AddressInfo;
  const { status, stderr } = await runAiflow(['node', '--config', writeNode('edge-d')], {
    ...workspace.env,
    AIFLOW__HEALTH__PORT: String(port),
  });
  blocker.close();
  expect(status).toBe(1);
  expect(stderr).toMatch(new RegExp(`can't listen on 127.0.0.1:${port}: .*choose another health.port`));
});

test('a broker off this machine without credentials is refused before anything is sent', async () => {
  const { status, stderr } = await runAiflow(['node', '--config', writeNode('edge-e')], {
    ...workspace.env,
    AIFLOW__MESH__URL: 'nats://192.0.2.1:4222',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/error failed-precondition: .*192\.0\.2\.1.*(credentials|TLS|trusted keys)/);
});

test('a config with mistakes lists each of them and ends with status 2', async () => {
  const file = workspace.write('wrong.yaml', 'fleet: Lone\nnode: { name: edge-f, tier: desk }\n');
  const { status, stderr } = await runAiflow(['node', '--config', file], workspace.env);
  expect(status).toBe(2);
  expect(stderr).toMatch(/wrong\.yaml:1: fleet: /);
  expect(stderr).toMatch(/wrong\.yaml:2: node\.tier: /);
  expect(await runAiflow(['config', 'validate', file], workspace.env)).toMatchObject({ status: 2 });
});

test('an actor module that is missing or is no actor is named', async () => {
  const missing = await runAiflow(['node', '--config', writeNode('edge-g').replace('x', 'x')], {
    ...workspace.env,
    AIFLOW__ACTORS: '[{ module: ./nowhere.ts }]',
  });
  expect(missing.stderr).toMatch(/actor module .*nowhere\.ts does not exist/);
  workspace.write('empty.ts', 'export const nothing = 1;\n');
  const empty = await runAiflow(['node', '--config', `${workspace.folder}/edge-g.yaml`], {
    ...workspace.env,
    AIFLOW__ACTORS: '[{ module: ./empty.ts }]',
  });
  expect(empty.stderr).toMatch(/empty\.ts has no actor as its default export/);
});

test('without a nats-server, and no way to get one, the command to run is named', async () => {
  const fleet = workspace.write('bare.yaml', 'fleet: bare\nnodes: [ { name: edge-h, tier: edge } ]\n');
  const { status, stderr } = await runAiflow(['up', fleet], {
    ...workspace.env,
    NATS_SERVER_BIN: '/nowhere/nats-server',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/\/nowhere\/nats-server/);
});

test('a module that never finishes loading holds up no SIGTERM, even when it left a timer running', async () => {
  workspace.write('endless.ts', 'setInterval(() => undefined, 1000);\nawait new Promise(() => undefined);\n');
  await using node = startAiflow(['node', '--config', writeNode('edge-i')], {
    ...workspace.env,
    AIFLOW__ACTORS: '[{ module: ./endless.ts }]',
  });
  await expect.poll(() => node.stderr(), { timeout: 10_000 }).toContain('health server listens');
  expect(node.stderr()).toMatch(/"publicKey":"[\w-]{43}"/);
  node.child.kill('SIGTERM');
  expect(await node.status).toBe(130);
});

test('a fleet file is known by its list of nodes, a simulation by its having no name, unless the kind is told', async () => {
  const file = fileURLToPath(new URL('../examples/fleet.yaml', import.meta.url));
  const known = await runAiflow(['config', 'validate', file], workspace.env);
  expect(known).toMatchObject({ status: 0, stdout: `${file}: valid fleet file\n` });
  expect((await runAiflow(['config', 'show', file], workspace.env)).stdout).toContain('fleet: harbour');
  expect(await runAiflow(['config', 'validate', file, '--kind', 'node'], workspace.env)).toMatchObject({ status: 2 });
  const node = await runAiflow(['config', 'validate', writeNode('edge-j')], workspace.env);
  expect(node.stdout).toContain('valid node file');
  const lab = fileURLToPath(new URL('../examples/simulation.yaml', import.meta.url));
  const simulation = await runAiflow(['config', 'validate', lab], workspace.env);
  expect(simulation).toMatchObject({ status: 0, stdout: `${lab}: valid simulation file\n` });
});

test.each(['node', 'fleet', 'simulation'])('the JSON schema of a %s file is printed', async kind => {
  const { status, stdout } = await runAiflow(['config', 'schema', '--kind', kind], workspace.env);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ title: `aiflow ${kind}`, type: 'object' });
});
