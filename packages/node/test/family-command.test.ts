import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkspace, runAiflow, startAiflow, type Workspace } from './aiflow-process.ts';

const SHIPPED = dirname(fileURLToPath(import.meta.resolve('@aiflow/family-nano/package.json')));
const FAST = ['--limit', '4', '--sample', '2', '--formats', 'int8'];

let workspace: Workspace;

beforeAll(() => {
  workspace = createWorkspace();
});
afterAll(() => workspace[Symbol.dispose]());

function copyOfNano(name: string): string {
  const folder = join(workspace.folder, name);
  cpSync(SHIPPED, folder, { recursive: true });
  return folder;
}

interface Shown {
  readonly measurements: string;
  readonly rows: readonly {
    readonly exit: number;
    readonly isLast: boolean;
    readonly cells: Record<string, Cell | undefined>;
  }[];
  readonly confidence: readonly { readonly exit: number }[];
}

interface Cell {
  readonly n: number;
  readonly mean: number;
  readonly agreement: number;
  readonly tokensPerVerify: number;
  readonly msPerToken: number;
  readonly residentBytes: number;
  readonly verifyCurve: readonly { readonly tokens: number }[];
}

test('a stopped measurement goes on where it was, and what it writes is what show prints', async () => {
  const folder = copyOfNano('measured');
  const cache = join(workspace.folder, 'cache');
  const card = join(folder, 'card.md');
  writeFileSync(card, '<!-- measured: exits -->\n<!-- end of exits -->\n');
  const args = [
    'family',
    'measure',
    folder,
    ...FAST,
    '--cache',
    cache,
    '--page',
    card,
    '--plot',
    join(folder, 'plot.svg'),
  ];
  await using stopped = startAiflow(args, workspace.env);
  await expect.poll(() => stopped.stderr(), { timeout: 60_000 }).toMatch(/1 of 4 questions/);
  stopped.child.kill('SIGINT');
  expect(await stopped.status).toBe(130);
  const went = await runAiflow(args, workspace.env);
  expect(went).toMatchObject({ status: 0 });
  const said = /fp32-\d: (\d+) of (\d+) questions/.exec(went.stderr);
  expect(Number(said?.[2] ?? 0), 'questions left after the stop').toBeLessThan(4);

  const { status, stdout } = await runAiflow(['family', 'show', folder, '--json'], workspace.env);
  expect(status).toBe(0);
  const shown = JSON.parse(stdout) as Shown;
  expect(shown.measurements).toBe('current');
  const last = shown.rows.filter(({ isLast }) => isLast);
  for (const { cells } of last) {
    expect(cells.fp32).toMatchObject({ n: 4 });
    expect(cells.fp32?.verifyCurve.map(({ tokens }) => tokens)).toEqual([1, 4, 8, 16, 32]);
    expect(cells.fp32?.msPerToken).toBeGreaterThan(0);
    expect(cells.int8?.mean).toBeLessThanOrEqual(1);
  }
  expect(last.at(-1)?.cells.fp32).toMatchObject({ agreement: 1 });
  const resident = last.map(({ cells }) => cells.fp32?.residentBytes ?? 0);
  expect(resident.at(-1), 'memory follows depth').toBeGreaterThan((resident[0] ?? 0) + 30e6);
  expect(readFileSync(card, 'utf8')).toMatch(/\| exit \| parameters \|[\s\S]*\| 11 \| 1/);
  expect(readFileSync(join(folder, 'plot.svg'), 'utf8')).toMatch(/^<svg [\s\S]*score \(per cent\)/);
  expect((await runAiflow(['family', 'show', folder], workspace.env)).stdout).toMatch(/EXIT +RUNG[\s\S]*AGREES/);

  appendFileSync(join(folder, 'manifest.json'), '\n');
  const stale = await runAiflow(['family', 'show', folder, '--json'], workspace.env);
  expect(stale.status).toBe(1);
  expect(stale.stderr).toMatch(/measurements are of other weights \(manifest [0-9a-f]{12}, here is [0-9a-f]{12}\)/);
  const staleShown = JSON.parse(stale.stdout) as Shown;
  expect(staleShown.measurements).toBe('stale');
  expect(staleShown.rows.map(({ cells }) => cells)).toEqual(staleShown.rows.map(() => ({})));
}, 240_000);

test('a family that was never measured is shown without figures, and says so', async () => {
  const folder = copyOfNano('plain');
  rmSync(join(folder, 'measured.json'), { force: true });
  const bare = await runAiflow(['family', 'show', folder], workspace.env);
  expect(bare.status).toBe(0);
  expect(bare.stderr).toMatch(/not measured yet: run aiflow family measure/);
  expect(bare.stdout).toMatch(/scores and costs: not measured/);
  writeFileSync(join(folder, 'measured.json'), '{}');
  const damaged = await runAiflow(['family', 'show', folder], workspace.env);
  expect(damaged.status).toBe(1);
  expect(damaged.stderr).toMatch(/data-loss.*no measurements of schema 1/);
});

test('an unknown family and an empty folder are named with the remedy', async () => {
  const unknown = await runAiflow(['family', 'show', 'giant'], workspace.env);
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toMatch(/'giant' is not installed: install @aiflow\/family-giant/);
  const empty = await runAiflow(['family', 'show', './nowhere', '--json'], workspace.env);
  expect(JSON.parse(empty.stdout)).toMatchObject({ error: { code: 'not-found' } });
});

test('verify reads every file, and names the first that is not what the manifest says', async () => {
  const folder = copyOfNano('verified');
  const whole = await runAiflow(['family', 'verify', folder], workspace.env);
  expect(whole.stdout).toMatch(/trunk-8-11\.safetensors[\s\S]*tokenizer\.json[\s\S]*files are whole/);
  expect(whole.status).toBe(0);
  const file = join(folder, 'trunk-3-5.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const damaged = await runAiflow(['family', 'verify', folder], workspace.env);
  expect(damaged.status).toBe(1);
  expect(damaged.stderr).toMatch(
    /data-loss: .*trunk-3-5\.safetensors has sha256 [0-9a-f]+, expected [0-9a-f]+: copy the file again/,
  );
  writeFileSync(file, bytes.subarray(0, 1000));
  expect((await runAiflow(['family', 'verify', folder], workspace.env)).stderr).toMatch(/has 1000 bytes, expected/);
});

test('verify of a file says that a folder is expected', async () => {
  const file = workspace.write('README.md', 'no family');
  const { status, stderr } = await runAiflow(['family', 'verify', file], workspace.env);
  expect(status).toBe(2);
  expect(stderr).toContain(`error invalid-argument: ${file} is no folder: give the folder of a family`);
});

test('formats that do not exist are a mistake in the command', async () => {
  const { status, stderr } = await runAiflow(['family', 'measure', '--formats', 'fp64'], workspace.env);
  expect(status).toBe(2);
  expect(stderr).toMatch(/'fp64' is no format/);
});
