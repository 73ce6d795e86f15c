import { readFileSync } from 'node:fs';
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Fleet, type FleetNode } from '../src/index.ts';
import { type AiflowProcess, createWorkspace, runAiflow, startAiflow, type Workspace } from './aiflow-process.ts';

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

async function startDevice(name: string, model: string, more = ''): Promise<AiflowProcess> {
  const file = workspace.write(
    `${name}.yaml`,
    `fleet: lone
node: { name: ${name}, tier: device }
mesh: { url: '${broker.url}', trust: { policy: first-use } }
state: { folder: ./state-${name} }
model: { folder: nano, ${model}, cacheFolder: ./graphs }
roles: { answer: {} }
${more}
`,
  );
  const node = startAiflow(['node', '--config', file], workspace.env);
  await node.line(line => line.includes('"node-ready"'));
  return node;
}

const here = (): string[] => ['--fleet', 'lone', '--url', broker.url];

/** The node once it has measured each of its exits. */
async function measured(fleet: Fleet, name: string): Promise<FleetNode> {
  const found = (): FleetNode | undefined => fleet.nodes().find(node => node.name === name);
  const isMeasured = (): boolean => {
    const [family] = found()?.families ?? [];
    return family !== undefined && family.exitCosts.length === family.exits.length;
  };
  await expect.poll(isMeasured, { timeout: 20_000 }).toBe(true);
  return found() as FleetNode;
}

const PATIENCE = { timeout: 60_000 };

test('soon after its start a node advertises its family and how long verifying takes', PATIENCE, async () => {
  await using _node = await startDevice('device-a', 'exits: [1, 3], format: int8');
  await using fleet = await connect({ fleet: 'lone', url: broker.url });
  const [family] = (await measured(fleet, 'device-a')).families;
  expect(family).toMatchObject({ family: 'nano', exits: [1, 3] });
  const curve = family?.verifyCurve ?? [];
  for (const [index, { tokens, format, ms }] of curve.entries()) {
    expect({ tokens, format }).toEqual({ tokens: [1, 4, 8, 16, 32][index], format: 'int8' });
    expect(ms).toBeGreaterThan(0);
  }
  expect(family?.featureSpaces.length).toBeGreaterThan(0);
  const costs = family?.exitCosts ?? [];
  expect(costs.map(({ exit, format }) => [exit, format])).toEqual([
    [3, 'int8'],
    [1, 'int8'],
  ]);
  for (const { stepMs, verify } of costs) {
    expect(stepMs).toBeGreaterThan(0);
    expect(stepMs).toBeLessThanOrEqual(verify[0]?.ms ?? 0);
  }
  const { stdout, stderr } = await runAiflow(['nodes', '--json', ...here()], workspace.env);
  expect(stderr).toBe('');
  const printed = (JSON.parse(stdout) as readonly FleetNode[]).find(({ name }) => name === 'device-a');
  expect(printed?.families[0]?.verifyCurve.slice(0, curve.length)).toEqual(curve);
});

/** Megabytes that the kernel counts for a process and its children. */
function residentMegabytes(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [pid, ...children.map(Number)].reduce((sum, one) => {
    const rss = /^Rss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1];
    return sum + (Number(rss) * 1024) / 1e6;
  }, 0);
}

const onLinux = test.runIf(process.platform === 'linux');

onLinux('an idle device with exit 1 stays small, daemon and host together', PATIENCE, async () => {
  await using node = await startDevice('device-b', 'exits: [1], format: int8');
  await using fleet = await connect({ fleet: 'lone', url: broker.url });
  await measured(fleet, 'device-b');
  // The aim is 180 MB, and 178 were measured. RSS differs by some megabytes between machines and runs (kernel, allocator,
  // time of the last collection): that is the slack of 10. A runtime that the daemon loads too takes 15 more, a heap left
  // to grow 20; what loading left, 10, may hide in the slack.
  await expect.poll(() => residentMegabytes(node.pid), { timeout: 15_000 }).toBeLessThan(190);
});

test('a question with a limit of energy is answered alone, and told which exits decided', PATIENCE, async () => {
  await using _node = await startDevice('device-c', 'exits: [1, 3, 5]');
  const question =
    'The cart Juno has 61 % left. Every job uses 12 % and it does 4 jobs. Find out how much battery is left.';
  const ask = (...more: string[]): ReturnType<typeof runAiflow> =>
    runAiflow(['ask', question, '--at', 'device-c', ...more, ...here()], workspace.env);
  const energy = await ask('--joules', '100', '--watts', '5', '--json');
  expect(JSON.parse(energy.stdout)).toMatchObject({ exit: 11, decided: [{ exit: 5 }] });
  const refused = await ask('--risk', '1%', '--tiers', 'two');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/tiers two and an exit policy exclude each other/);
  const told = await ask('--joules', '100', '--watts', '5', '--trace');
  expect(told.stderr).toMatch(/by exit policy: \d+ tokens/);
  expect(told.stderr).toMatch(/exit policy: exit 5 decided \d+; exit 11 is not held here/);
  expect(told.stderr).toMatch(/aiflow\.answer\.decided/);
});

test(
  '--explain says which plan was taken and what the answer cost, in joules where power is stated',
  PATIENCE,
  async () => {
    await using _node = await startDevice('device-d', 'exits: [1, 3]', 'power: { watts: 5 }');
    await using fleet = await connect({ fleet: 'lone', url: broker.url });
    await measured(fleet, 'device-d');
    const question =
      'The cart Juno has 61 % left. Every job uses 12 % and it does 4 jobs. Find out how much battery is left.';
    const ask = (...more: string[]): ReturnType<typeof runAiflow> =>
      runAiflow(['ask', question, '--exit', '3', '--at', 'device-d', ...more, ...here()], workspace.env);
    const told = await ask('--explain');
    expect(told.stderr).toMatch(/^plan: device-d exit 3 alone; expected \d+(?:\.\d)? ms, took \d+ ms$/m);
    expect(told.stderr).toMatch(/^cost: \d+ tokens in .* J where power is stated$/m);
    expect(told.stderr).toMatch(/^device +device-d +3 +\S+ +\d+ +\d+ ms +\d/m);
    const { plan, ledger } = JSON.parse((await ask('--json')).stdout);
    expect(plan).toMatchObject({ kind: 'local', label: 'device-d exit 3 alone' });
    expect(ledger.joules).toBeCloseTo((ledger.tiers[0].computeMs * 5) / 1000, 6);
  },
);

test('energy without the draw of the machine is a mistake in a node file', async () => {
  const file = workspace.write(
    'hungry.yaml',
    `fleet: lone
node: { name: hungry, tier: device }
model: { folder: nano, exits: [1, { exit: 3, rung: 1 }], progressive: true }
roles: { answer: { exitPolicy: { joules: 3 } } }
`,
  );
  const { status, stderr } = await runAiflow(['config', 'validate', file], workspace.env);
  expect(status).toBe(2);
  expect(stderr).toMatch(/hungry\.yaml:4: roles\.answer\.exitPolicy\.joules: .*watts/);
});
