// SPDX-License-Identifier: Apache-2.0
//
// Graphs built onto a disk that is full: a limit on file sizes, which any user may set on a process of the build
// (`npx tsc -b packages/model`), and where the user may mount, a file system of 256 KiB.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createSystemClock, sleep } from '@aiflow/time';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEngine } from '../src/inference/create-engine.ts';
import type { ExitChoice } from '../src/manifest/exit-choice.ts';
import { createWorkspace, SILENT, type Workspace } from './engines.ts';
import { createRandomFamily } from './random-family.ts';

const clock = createSystemClock({ keepAlive: true });

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  await createRandomFamily(workspace.path('family'), { hidden: 64, feedForward: 128 });
});
afterAll(() => workspace[Symbol.asyncDispose]());

const FULL = /^cannot write \S+\.onnx, which needs \d{5,} bytes \((EFBIG|ENOSPC)\): free space there, or name another/;

/** Starts an engine, lifts the limit, starts it again, and says what happened. */
const script = (cacheFolder: string): string => `
  import { execFileSync } from 'node:child_process';
  import { readdirSync } from 'node:fs';
  import { createEngine } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
  import { createSystemClock } from ${JSON.stringify(new URL('../../time/dist/index.js', import.meta.url).href)};
  const quiet = () => undefined;
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const start = () => createEngine({ clock: createSystemClock({ keepAlive: true }), logger },
    ${JSON.stringify({ familyFolder: workspace.path('family'), exits: [1, 3], format: 'int8', cacheFolder })});
  const failure = await start().then(() => undefined, ({ code, message, details }) => ({ code, message, details }));
  const left = readdirSync(${JSON.stringify(cacheFolder)});
  execFileSync('prlimit', ['--fsize=unlimited', '--pid', String(process.pid)]);
  const engine = await start();
  await engine.open({ session: 's', prompt: [5, 6, 7] });
  const { tokens } = await engine.draft({ session: 's', exit: 3, base: 0, count: 2 });
  await engine[Symbol.asyncDispose]();
  console.log(JSON.stringify({ failure, left, tokens: tokens.length }));`;

const canLimit = spawnSync('prlimit', ['--version']).status === 0;

test.skipIf(!canLimit)(
  'a limit on file sizes is named with file, bytes and remedy, nothing is left, and the next start works',
  () => {
    const program = script(workspace.path('limited'));
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', 'ulimit -S -f 64; exec "$0" --input-type=module -e "$1"', process.execPath, program],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    const { failure, left, tokens } = JSON.parse(stdout);
    expect(failure).toMatchObject({ code: 'resource-exhausted', message: expect.stringMatching(FULL) });
    expect(failure.details).toMatchObject({
      file: expect.stringContaining('limited'),
      bytes: expect.stringMatching(/^\d{5,}$/),
    });
    expect(left).toEqual([]);
    expect(tokens).toBe(2);
  },
);

const mounted = `/tmp/aiflow-full-disk-${process.pid}`;

function canMount(): boolean {
  mkdirSync(mounted, { recursive: true });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', mounted]).status === 0;
}
const isMounted = canMount();
afterAll(() => {
  if (isMounted) execFileSync('umount', [mounted]);
  rmSync(mounted, { recursive: true });
});

test.skipIf(!isMounted)('on a file system that fills up too; space made, the same cache serves', async () => {
  const cacheFolder = `${mounted}/graphs`;
  writeFileSync(`${mounted}/filler`, new Uint8Array(150_000));
  const start = () =>
    createEngine(
      { clock, logger: SILENT },
      { familyFolder: workspace.path('family'), exits: [1], format: 'int8', cacheFolder },
    );
  await expect(start()).rejects.toMatchObject({
    code: 'resource-exhausted',
    message: expect.stringMatching(FULL),
  });
  expect(readdirSync(cacheFolder).filter(name => name.endsWith('.tmp'))).toEqual([]);
  rmSync(`${mounted}/filler`);
  await using engine = await start();
  await engine.open({ session: 's', prompt: [5, 6, 7] });
  expect((await engine.draft({ session: 's', exit: 1, base: 0, count: 2 })).tokens.length).toBe(2);
});

test.skipIf(!isMounted)('while an engine rises, it leaves the lower rung serving and is logged', async () => {
  const cacheFolder = `${mounted}/rising`;
  rmSync(`${mounted}/graphs`, { recursive: true, force: true });
  const errors: string[] = [];
  const logger = { ...SILENT, error: (_: string, fields?: object) => void errors.push(JSON.stringify(fields)) };
  const start = (exit: ExitChoice, progressive: boolean) =>
    createEngine(
      { clock, logger },
      { familyFolder: workspace.path('family'), exits: [exit], format: 'int8', cacheFolder, progressive },
    );
  await (await start({ exit: 1, rung: 1 }, false))[Symbol.asyncDispose]();
  const { bavail, bsize } = statfsSync(mounted);
  writeFileSync(`${mounted}/filler`, new Uint8Array(bavail * bsize));
  await using engine = await start(1, true);
  for (let waitedMs = 0; errors.length === 0 && waitedMs < 5000; waitedMs += 5) await sleep(clock, 5);
  expect(errors).toEqual([expect.stringContaining('(ENOSPC): free space there')]);
  expect([...engine.rungs]).toEqual([[1, 1]]);
  await engine.open({ session: 's', prompt: [5, 6, 7] });
  expect((await engine.draft({ session: 's', exit: 1, base: 0, count: 2 })).tokens.length).toBe(2);
});
