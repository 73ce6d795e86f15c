import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../src/index.ts';
import {
  type AiflowProcess,
  awaitFleet,
  createWorkspace,
  type FleetReady,
  isAlive,
  listens,
  runAiflow,
  startAiflow,
  type Workspace,
} from './aiflow-process.ts';

const THERMOMETER = fileURLToPath(new URL('../examples/thermometer.ts', import.meta.url));
const MOODY = fileURLToPath(new URL('./fixtures/moody-actor.ts', import.meta.url));

const FLEET = `fleet: tested
nodes:
  - { name: cloud-1, tier: cloud, site: core }
  - { name: edge-1, tier: edge, site: harbour }
  - { name: device-1, tier: device, site: harbour, actors: [ { module: ${THERMOMETER} }, { module: ${MOODY} } ] }
`;

describe('a fleet that is up', () => {
  let workspace: Workspace;
  let up: AiflowProcess;
  let fleet: FleetReady;
  const aiflow = (...args: string[]) => runAiflow(args, workspace.env);

  beforeAll(async () => {
    workspace = createWorkspace();
    up = startAiflow(['up', workspace.write('fleet.yaml', FLEET), '--json'], workspace.env);
    fleet = await awaitFleet(up);
  });
  afterAll(async () => {
    await up[Symbol.asyncDispose]();
    workspace[Symbol.dispose]();
  });

  test('runs each node as a process of its own and shows all of them', async () => {
    expect(new Set(fleet.nodes.map(node => node.pid)).size).toBe(3);
    const { stdout, status } = await aiflow('nodes', '--json');
    expect(status).toBe(0);
    const nodes = JSON.parse(stdout) as { name: string; tier: string; state: string; pid: number }[];
    expect(nodes.map(node => `${node.name} ${node.tier} ${node.state}`)).toEqual([
      'cloud-1 cloud alive',
      'edge-1 edge alive',
      'device-1 device alive',
    ]);
    expect(nodes.map(node => node.pid)).toEqual(fleet.nodes.map(node => node.pid));
  });

  test("asks a user's own actor from another process and draws the trace of both nodes", async () => {
    const { stdout, stderr, status } = await aiflow('call', 'device-1', 'thermometer', '{"celsius": 21}', '--trace');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ hottest: 21 });
    expect(stderr).toMatch(/2 nodes {2}3 spans/);
    expect(stderr).toMatch(/process thermometer report +device-1/);
  });

  test('an unknown actor is refused by the node, which says what it has', async () => {
    const { status, stderr } = await aiflow('call', 'device-1', 'barometer', '{}');
    expect(status).toBe(1);
    expect(stderr).toMatch(/error not-found \(node device-1, hop .*device-1\/barometer\): .*thermometer/);
  });

  test('an unknown node is refused with the nodes that are known', async () => {
    const { status, stderr } = await aiflow('call', 'device-9', 'thermometer', '{}');
    expect(status).toBe(1);
    expect(stderr).toMatch(/device-9/);
    expect(stderr).toMatch(/device-1/);
  });

  test('a message that is not JSON, and an address that is none, are usage errors', async () => {
    expect(await aiflow('call', 'device-1', 'thermometer', '{celsius: 1}')).toMatchObject({ status: 2 });
    expect(await aiflow('call', 'Device 1', 'thermometer', '{}')).toMatchObject({ status: 2 });
  });

  test.each([['{"celsius":"hot"}'], ['null'], []])(
    'a message the actor can not use is refused and changes nothing: %s',
    async (...message) => {
      const refused = await aiflow('call', 'device-1', 'thermometer', ...message);
      expect(refused).toMatchObject({ status: 2, stdout: '' });
      expect(refused.stderr).toMatch(/error invalid-argument .*celsius must be a number/);
      const { stdout } = await aiflow('call', 'device-1', 'thermometer', '{"celsius": -300}');
      expect(JSON.parse(stdout).hottest).toBeGreaterThan(-300);
    },
  );

  test('a handler that throws answers internal, and the actor is there again with fresh state', async () => {
    const failed = await aiflow('call', 'device-1', 'moody', '{"type":"test.throw"}');
    expect(failed.stderr).toMatch(/error internal \(node device-1.*\): .*out of sorts/);
    expect(failed.stderr).not.toContain('moody-actor.ts');
    const { stdout } = await aiflow('call', 'device-1', 'moody', '{"type":"test.count"}');
    expect(JSON.parse(stdout)).toEqual({ count: 1 });
  });

  test('a handler that hangs is answered at the deadline with the hop', async () => {
    const { status, stderr } = await aiflow('call', 'device-1', 'moody', '{"type":"test.hang"}', '--timeout', '400');
    expect(status).toBe(1);
    expect(stderr).toMatch(/error deadline-exceeded \(.*hop .*device-1\/moody\)/);
  });

  test('metrics and readiness are served by each node', async () => {
    const healthUrl = fleet.nodes.find(node => node.node === 'device-1')?.healthUrl;
    expect((await fetch(`${healthUrl}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${healthUrl}/metrics`)).text();
    expect(metrics).toMatch(/^aiflow_calls_total\{[^}]*node="device-1"[^}]*\} \d+$/m);
    expect(metrics).toMatch(/^aiflow_members\{.*state="alive".*\} \d+$/m);
    const later = async (): Promise<string> => (await fetch(`${healthUrl}/metrics`)).text();
    await expect.poll(later, { timeout: 10_000 }).toMatch(/^aiflow_link_rtt_seconds\{peer="edge-1".*\} [\d.e-]+$/m);
    expect(await later()).toMatch(/^aiflow_link_loss_ratio\{peer="edge-1".*\} [\d.e-]+$/m);
  });

  test('top refreshes as often as asked and doctor finds the fleet well', async () => {
    const top = await aiflow('top', '--count', '2', '--interval', '50');
    expect(top.stdout.match(/^cloud-1 /gm)).toHaveLength(2);
    const doctor = await aiflow('doctor');
    expect(doctor.stdout).toMatch(/ok +fleet tested: 3 node\(s\) alive: cloud-1 edge-1 device-1/);
  });

  test('a second fleet of the same name is refused while the first runs', async () => {
    const second = await runAiflow(['up', `${workspace.folder}/fleet.yaml`], workspace.env);
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(/fleet 'tested' is already running \(process \d+\)/);
  });

  test('a program joins as a client, asks, and leaves', async () => {
    await using client = await connect({ fleet: 'tested', environment: workspace.env });
    expect(await client.call('thermometer@device-1', { celsius: 35 })).toEqual({ hottest: 35 });
    expect((await client.settled()).map(node => node.name)).toEqual(['cloud-1', 'edge-1', 'device-1']);
  });

  test('a node killed by SIGKILL ends the fleet with its name, and nothing is left', async () => {
    process.kill(fleet.nodes.find(node => node.node === 'edge-1')?.pid ?? 0, 'SIGKILL');
    expect(await up.status).toBe(1);
    expect(up.stderr()).toMatch(/error unavailable: edge-1 ended by .*SIGKILL/);
    expect(up.stderr()).not.toContain('{"'); // what it logged is quoted for people, and its lesser lines are not
    expectNothingLeft(fleet, workspace);
    expect(await listens(fleet.url)).toBe(false);
  });
});

test('the url of a broker alone is a usage error that names the missing option', async () => {
  expect(await runAiflow(['nodes', '--url', 'nats://127.0.0.1:1'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--fleet NAME'),
  });
});

test('Ctrl-C ends a fleet with status 0 and leaves no process, port or file', async () => {
  using workspace = createWorkspace();
  await using up = startAiflow(['up', workspace.write('fleet.yaml', FLEET), '--json'], workspace.env);
  const fleet = await awaitFleet(up);
  up.child.kill('SIGINT');
  expect(await up.status).toBe(0);
  expectNothingLeft(fleet, workspace);
  expect(await listens(fleet.url)).toBe(false);
});

test('a fleet whose parent is killed by SIGKILL leaves no process behind', async () => {
  using workspace = createWorkspace();
  await using up = startAiflow(['up', workspace.write('fleet.yaml', FLEET), '--json'], workspace.env);
  const fleet = await awaitFleet(up);
  up.child.kill('SIGKILL');
  await up.status;
  await expect.poll(() => fleet.nodes.filter(node => isAlive(node.pid)).length, { timeout: 10_000 }).toBe(0);
  await expect.poll(() => listens(fleet.url), { timeout: 10_000 }).toBe(false);
});

function expectNothingLeft(fleet: FleetReady, workspace: Workspace): void {
  expect(fleet.nodes.filter(node => isAlive(node.pid))).toEqual([]);
  const left = readdirSync(workspace.folder).filter(name => name !== 'fleet.yaml' && name !== 'run');
  expect(left).toEqual([]);
  const runFolder = workspace.env.AIFLOW_RUN_FOLDER ?? '';
  expect(existsSync(runFolder) ? readdirSync(runFolder) : []).toEqual([]);
}
