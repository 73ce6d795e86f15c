// SPDX-License-Identifier: Apache-2.0
import { rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../src/index.ts';
import { type AiflowProcess, createWorkspace, runAiflow, startAiflow, type Workspace } from './aiflow-process.ts';

const MOODY = fileURLToPath(new URL('./fixtures/moody-actor.ts', import.meta.url));
const QUESTION =
  'The cart Juno has 61 % left. Every job uses 12 % and it does 4 jobs. Find out how much battery is left.';
const PATIENCE = { timeout: 60_000 };

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
/** Nobody listens at the broker's url unless a test restarts it. */
beforeEach(() => broker.kill());

function writeNode(name: string, more = ''): string {
  return workspace.write(
    `${name}.yaml`,
    `fleet: lone
node: { name: ${name}, tier: device }
mesh: { url: '${broker.url}', trust: { policy: first-use } }
state: { folder: ./state-${name} }
actors: [ { module: ${MOODY} } ]
${more}
`,
  );
}

const MODEL = 'model: { folder: nano, exits: [1, 3], format: int8, cacheFolder: ./graphs }\nroles: { answer: {} }';

interface Ready {
  readonly healthUrl: string;
  readonly joined: boolean;
  readonly doorSocket: string;
}

async function ready(node: AiflowProcess): Promise<Ready> {
  return JSON.parse(await node.line(line => line.includes('"node-ready"'))) as Ready;
}

async function metric(healthUrl: string, labels: string): Promise<number> {
  const text = await (await fetch(`${healthUrl}/metrics`)).text();
  const line = text.split('\n').find(each => each.startsWith('aiflow_refused_frames_total') && each.includes(labels));
  return Number(line?.split(' ').at(-1));
}

describe('a node with a broker where nobody listens', () => {
  test('answers questions through its door, found by itself, and says that it is degraded', PATIENCE, async () => {
    await using node = startAiflow(['node', '--config', writeNode('device-a', MODEL)], workspace.env);
    const { healthUrl, joined, doorSocket } = await ready(node);
    expect(joined).toBe(false);
    expect(statSync(doorSocket).mode & 0o777).toBe(0o600);
    expect(node.stderr().match(/serves alone and joins when its broker can be reached: broker/g)).toHaveLength(1);
    const health = await fetch(`${healthUrl}/readyz`);
    expect([health.status, await health.text()]).toEqual([
      200,
      expect.stringMatching(/^\[!\] mesh: link to the broker is down, mesh is joining\nok, degraded\n$/),
    ]);
    const asked = await runAiflow(['ask', QUESTION, '--exit', '3', '--trace'], workspace.env);
    expect(asked.status, asked.stderr).toBe(0);
    expect(asked.stdout.trim()).not.toBe('');
    expect(asked.stderr).toMatch(/2 nodes/);
    const bySocket = await runAiflow(['ask', QUESTION, '--exit', '3', '--socket', doorSocket, '--json'], workspace.env);
    expect(JSON.parse(bySocket.stdout)).toMatchObject({ tiers: [{ node: 'device-a' }] });
    const nodes = await runAiflow(['nodes', '--json'], workspace.env);
    expect(JSON.parse(nodes.stdout)).toEqual([expect.objectContaining({ name: 'device-a', state: 'alive' })]);
    const doctor = await runAiflow(['doctor'], workspace.env);
    expect(doctor.stdout).toContain(`ok      door of node device-a, fleet lone: device-a is alive at ${doorSocket}`);
  });

  test('joins when its broker starts, and its door stays open when that is killed again', PATIENCE, async () => {
    await using node = startAiflow(['node', '--config', writeNode('device-b')], workspace.env);
    const { doorSocket, healthUrl } = await ready(node);
    expect((await fetch(`${healthUrl}/meshz`)).status).toBe(503);
    await using local = await connect({ socket: doorSocket });
    expect([local.name, local.nodes().map(({ name }) => name)]).toEqual(['lone', ['device-b']]);
    expect(await local.call('moody@device-b', { type: 'test.count' })).toEqual({ count: 1 });
    await broker.restart();
    await node.line(line => line.includes('"node-joined"'));
    expect((await fetch(`${healthUrl}/meshz`)).status).toBe(200);
    await using remote = await connect({ fleet: 'lone', url: broker.url });
    expect(await remote.call('moody@device-b', { type: 'test.count' })).toEqual({ count: 2 });
    await broker.kill();
    expect(await local.call('moody@device-b', { type: 'test.count' })).toEqual({ count: 3 });
    expect((await fetch(`${healthUrl}/readyz`)).status).toBe(200);
  });

  test('is found where the fleet of its name has a broker that does not answer', PATIENCE, async () => {
    await using node = startAiflow(['node', '--config', writeNode('device-m')], workspace.env);
    await ready(node);
    const run = { fleet: 'lone', url: broker.url, pid: process.pid, startedAt: new Date().toISOString() };
    const file = workspace.write('run/lone.json', JSON.stringify(run));
    const { stdout } = await runAiflow(['call', 'device-m', 'moody', '{"type":"test.count"}'], workspace.env);
    expect(stdout).toBe('{"count":1}\n');
    const named = await runAiflow(['nodes', '--fleet', 'lone', '--url', broker.url], workspace.env);
    expect(named).toMatchObject({ status: 1, stdout: '' });
    rmSync(file);
  });

  test('leads to nobody else, and says so', PATIENCE, async () => {
    await using node = startAiflow(['node', '--config', writeNode('device-c')], workspace.env);
    const { doorSocket } = await ready(node);
    const { status, stderr } = await runAiflow(
      ['call', 'edge-1', 'moody', '{}', '--socket', doorSocket],
      workspace.env,
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/error unavailable .*door .*door\.sock leads to node device-c alone, not to edge-1/);
  });

  test('forgets what a client had asked that was killed, and ends its answer', PATIENCE, async () => {
    await using node = startAiflow(['node', '--config', writeNode('device-d')], workspace.env);
    const { doorSocket } = await ready(node);
    const client = startAiflow(
      ['call', 'device-d', 'moody', '{"type":"test.hang"}', '--timeout', '60000', '--socket', doorSocket],
      workspace.env,
    );
    await using watcher = await connect({ socket: doorSocket });
    const serving = async (): Promise<unknown> =>
      ((await watcher.call('$system@device-d', {})) as { readonly serving: number }).serving;
    await expect.poll(serving, { timeout: 10_000 }).toBe(2);
    client.child.kill('SIGKILL');
    await expect.poll(serving, { timeout: 10_000 }).toBe(1);
    await client.status;
  });

  test('refuses and counts garbage at its door, and serves on', PATIENCE, async () => {
    await using node = startAiflow(['node', '--config', writeNode('device-e')], workspace.env);
    const { doorSocket, healthUrl } = await ready(node);
    for (const garbage of ['GET / HTTP/1.1\r\nhost: a\r\n\r\n', 'x'.repeat(100_000)]) {
      const socket = createConnection(doorSocket).on('error', () => undefined);
      socket.write(garbage);
      await new Promise(resolve => socket.once('close', resolve));
    }
    expect(await metric(healthUrl, 'reason="door-stranger"')).toBe(2);
    await using local = await connect({ socket: doorSocket });
    expect(await local.call('moody@device-e', { type: 'test.count' })).toEqual({ count: 1 });
    expect(node.stderr()).toContain('a connection that does not speak HTTP/2');
  });
});

describe('the socket of a door', () => {
  const socketAt = (name: string): string => `door: { socket: ./${name}.sock }`;

  test("is one node's: a second that wants it ends with its path and a remedy", PATIENCE, async () => {
    await using first = startAiflow(['node', '--config', writeNode('device-f', socketAt('shared'))], workspace.env);
    await ready(first);
    const { status, stderr } = await runAiflow(
      ['node', '--config', writeNode('device-g', socketAt('shared'))],
      workspace.env,
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /error already-exists: another node listens at door socket .*shared\.sock: stop it, or give/,
    );
    await using local = await connect({ socket: join(workspace.folder, 'shared.sock') });
    expect(local.nodes().map(({ name }) => name)).toEqual(['device-f']);
  });

  test('of a process that was killed is replaced by the next', PATIENCE, async () => {
    const file = writeNode('device-h');
    const first = startAiflow(['node', '--config', file], workspace.env);
    const { doorSocket } = await ready(first);
    first.child.kill('SIGKILL');
    await first.status;
    expect(statSync(doorSocket).isSocket()).toBe(true);
    await using second = startAiflow(['node', '--config', file], workspace.env);
    await ready(second);
    await using local = await connect({ socket: doorSocket });
    expect(await local.call('moody@device-h', { type: 'test.count' })).toEqual({ count: 1 });
  });

  test(
    'with a path that is too long is refused where it was configured, and shortened where it was not',
    PATIENCE,
    async () => {
      const long = `door: { socket: ./${'a'.repeat(120)}/door.sock }`;
      const refused = await runAiflow(['node', '--config', writeNode('device-i', long)], workspace.env);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toMatch(
        /error invalid-argument: door socket .* has a path of \d+ bytes, a socket's may have 103/,
      );
      const file = writeNode('device-j').replace(/$/, '');
      await using node = startAiflow(['node', '--config', file], {
        ...workspace.env,
        AIFLOW__STATE__FOLDER: `./${'b'.repeat(120)}`,
      });
      const { doorSocket } = await ready(node);
      expect(doorSocket).toMatch(/aiflow-\d+\/[0-9a-f]{16}\.sock$/);
      await using local = await connect({ socket: doorSocket });
      expect(local.nodes()).toHaveLength(1);
    },
  );

  test('is not there where it is disabled, or when its node has ended', PATIENCE, async () => {
    const node = startAiflow(['node', '--config', writeNode('device-k')], workspace.env);
    const { doorSocket } = await ready(node);
    node.child.kill('SIGTERM');
    expect(await node.status).toBe(0);
    await expect(connect({ socket: doorSocket, timeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no node answers at the door'),
    });
    await using without = startAiflow(
      ['node', '--config', writeNode('device-l', 'door: { enabled: false }')],
      workspace.env,
    );
    expect((await ready(without)).doorSocket).toBeUndefined();
    const { stderr } = await runAiflow(['nodes'], workspace.env);
    expect(stderr).toMatch(/no fleet runs on this machine/);
  });
});
