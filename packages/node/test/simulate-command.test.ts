import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { formatProfiles } from '../src/simulation/format-simulation.ts';
import { prepareSimulation } from '../src/simulation/prepare-simulation.ts';
import type { SimulationReport } from '../src/simulation/simulation-report.ts';
import { createWorkspace, isAlive, runAiflow, startAiflow, type Workspace } from './aiflow-process.ts';

const DOCS = join(import.meta.dirname, '../../../docs/simulate.md');
const EXAMPLE = join(import.meta.dirname, '../examples/simulation.yaml');

let workspace: Workspace;
beforeEach(() => {
  workspace = createWorkspace();
});
afterEach(() => workspace[Symbol.dispose]());

/** The cloud is far: 60 ms there and back. */
const FILE = `
seed: 5
nodes:
  - { name: cloud-1, tier: cloud, exits: [3], link: { delayMs: 30, jitterMs: 5, bitsPerSecond: 20000000 } }
  - { name: device-1, tier: device, exits: [1], watts: 4 }
questions: [ What is 7 + 5?, { question: What is 8 + 5?, answer: 'not this' } ]
maxTokens: 12
exit: 3
tiers: [two, cloud-only]
`;

function expectNothingLeft(stderr: string): void {
  const pids = [...stderr.matchAll(/is ready, process (\d+)/g)].map(([, pid]) => Number(pid));
  expect(pids.filter(isAlive), 'processes').toEqual([]);
  const run = workspace.env.AIFLOW_RUN_FOLDER ?? '';
  expect(existsSync(run) ? readdirSync(run) : [], 'run files').toEqual([]);
}

test('asks every question over the links in each choice of tiers, reports them, and leaves nothing', {
  timeout: 90_000,
}, async () => {
  const file = workspace.write('lab.yaml', FILE);
  const { status, stdout, stderr } = await runAiflow(['simulate', file, '--json'], workspace.env);
  expect(status, stderr).toBe(0);
  const report = JSON.parse(stdout) as SimulationReport;
  expect(report).toMatchObject({
    type: 'simulation',
    seed: 5,
    asked: 'device-1',
    links: [{ node: 'cloud-1', delayMs: 30 }],
  });
  expect(report.rounds.map(({ asked }) => asked)).toEqual(['two', 'cloud-only']);
  const [together, alone] = report.rounds;
  for (const { answers, summary } of report.rounds) {
    expect(summary).toMatchObject({ questions: 2, answered: 2, exact: 2, known: 1, right: 0, failures: [] });
    for (const { ms, firstMs, bytes } of answers) {
      expect(ms, 'the answer crossed the link there and back').toBeGreaterThanOrEqual(60);
      expect(firstMs).toBeLessThanOrEqual(ms ?? 0);
      expect(bytes[0]).toMatchObject({ node: 'cloud-1', up: expect.any(Number) });
      expect(bytes[0]?.up).toBeGreaterThan(0);
      expect(bytes[0]?.down).toBeGreaterThan(0);
    }
  }
  expect(together?.answers[0]?.joules, 'the device states its watts and drafts').toBeGreaterThan(0);
  expect(together?.answers.map(({ answer }) => answer)).toEqual(alone?.answers.map(({ answer }) => answer));
  expect(alone?.answers[0]?.firstMs, 'no text before the link was crossed twice').toBeGreaterThanOrEqual(60);
  expectNothingLeft(stderr);
});

test('an outage longer than the limit ends as failed questions with status 1, told in the table', {
  timeout: 90_000,
}, async () => {
  const out = FILE.replace('delayMs: 30,', 'outages: [ { atMs: 0, forMs: 600000 } ],').replace(
    '[two, cloud-only]',
    'cloud-only',
  );
  const file = workspace.write('out.yaml', `${out}\nlimitMs: 15000\n`);
  const { status, stdout, stderr } = await runAiflow(['simulate', file], workspace.env);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^cloud-1 +own figures .* 600 s at 0 s /m);
  expect(stdout).toMatch(/^1 +What is 7 \+ 5\? +failed /m);
  expect(stdout).toMatch(/^0 of 2 answered, /m);
  expect(stdout).toMatch(/^failed \d x [a-z-]+: /m);
  expect(stderr).toContain('cloud-1 (cloud) is ready');
  expectNothingLeft(stderr);
});

test('Ctrl-C ends every process, with status 130', { timeout: 60_000 }, async () => {
  await using run = startAiflow(['simulate', workspace.write('lab.yaml', FILE)], workspace.env);
  await vi.waitFor(() => expect(run.stderr()).toContain('is ready, process'), { timeout: 30_000 });
  run.child.kill('SIGINT');
  expect(await run.status).toBe(130);
  expectNothingLeft(run.stderr());
});

test.each([
  ['a value that is not allowed', 'seed: -1', /lab\.yaml:2: seed: -1 is not allowed: give a whole number from 0 /, 2],
  ['a depth the family has not', 'exits: [4]', /nodes\[1\]\.exits 4 is not allowed: nano has [1-9][\d, ]*/, 2],
  ['an unknown profile', 'link: wifi', /nodes\[0\]\.link: 'wifi' is not allowed: give one of wired-edge, 5g, 4g/, 2],
  ['an unknown family', 'family: mega', /error not-found: model family 'mega' is not installed/, 1],
])('%s is told before anything is started', async (_, change, message, expected) => {
  const changes: Readonly<Record<string, string>> = {
    'seed: -1': FILE.replace('seed: 5', 'seed: -1'),
    'exits: [4]': FILE.replace('exits: [1]', 'exits: [4]'),
    'link: wifi': FILE.replace('{ delayMs: 30, jitterMs: 5, bitsPerSecond: 20000000 }', 'wifi'),
    'family: mega': `${FILE}family: mega\n`,
  };
  const file = workspace.write('lab.yaml', changes[change] ?? '');
  const { status, stderr, stdout } = await runAiflow(['simulate', file], workspace.env);
  expect([status, stdout]).toEqual([expected, '']);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('listens on');
});

test('a missing file, an unknown --profile and a missing broker are told, in JSON too', async () => {
  const file = workspace.write('lab.yaml', FILE);
  const missing = await runAiflow(['simulate', 'nowhere.yaml'], workspace.env);
  expect(missing.status).toBe(2);
  expect(missing.stderr).toContain(
    'error invalid-argument: simulation file nowhere.yaml does not exist: give a file of',
  );
  expect(missing.stderr).not.toContain('ENOENT');
  expect(await runAiflow(['simulate'], workspace.env)).toMatchObject({ status: 2 });
  const profile = await runAiflow(['simulate', file, '--profile', '6g', '--json'], workspace.env);
  expect(profile.status).toBe(2);
  expect(JSON.parse(profile.stdout)).toMatchObject({ error: { code: 'invalid-argument' } });
  const broker = await runAiflow(['simulate', file], { ...workspace.env, NATS_SERVER_BIN: '/nowhere/nats-server' });
  expect(broker.status).toBe(1);
  expect(broker.stderr).toMatch(/NATS_SERVER_BIN names a program that can't be used/);
});

test('the page lists the profiles as the command does, and its example is the example file, which is valid', async () => {
  const page = readFileSync(DOCS, 'utf8');
  const { stdout } = await runAiflow(['simulate', '--profiles'], workspace.env);
  expect(stdout).toBe(formatProfiles());
  expect(page).toContain(`\`\`\`\n${stdout}\`\`\``);
  expect(page).toContain(`\`\`\`yaml\n${readFileSync(EXAMPLE, 'utf8')}\`\`\``);
  const plan = await prepareSimulation(EXAMPLE, {});
  expect(plan.questions).toHaveLength((parse(readFileSync(EXAMPLE, 'utf8')) as { draw: { count: number } }).draw.count);
});
