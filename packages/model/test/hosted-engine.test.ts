// SPDX-License-Identifier: Apache-2.0
//
// Real host processes, from the build (`npx tsc -b packages/model`).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createSystemClock, sleep } from '@aiflow/time';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRandomEngine, createWorkspace, loneRun, type Workspace } from './engines.ts';
import { startHost } from './hosts.ts';
import { createRandomFamily } from './random-family.ts';

const clock = createSystemClock({ keepAlive: true });
const PROMPT = [1, 40, 77, 130, 9, 201, 55, 2];
const SLOW = { slowdown: 12 };

vi.setConfig({ testTimeout: 60_000 });

let workspace: Workspace;
let truth: readonly number[];

beforeAll(async () => {
  workspace = await createWorkspace();
  await createRandomFamily(workspace.path('family'));
  const local = await createRandomEngine(workspace);
  truth = await loneRun(local, { prompt: PROMPT, exit: 4, count: 180 });
  expect(truth.length).toBe(180);
  await local[Symbol.asyncDispose]();
});

afterAll(() => workspace[Symbol.asyncDispose]());

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
    if (holds()) return;
    await sleep(clock, 10);
  }
  throw new Error(`not within 10 s: ${what}`);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('answers as the engine in this process does, and says what it holds', async () => {
  await using engine = await startHost(workspace);
  expect(engine).toMatchObject({ family: 'random', exits: [1, 3, 4], format: 'fp32' });
  expect([...engine.featureSpaces.keys()]).toEqual([1, 3, 4]);
  await engine.open({ session: 's', prompt: PROMPT });
  const drafted = await engine.draft({ session: 's', exit: 4, base: 0, count: 12 });
  const verdict = await engine.verify({ session: 's', exit: 4, base: 12, tokens: [...truth.slice(12, 20), 99, 98] });
  expect(verdict).toMatchObject({ accepted: 8, correction: truth[20] });
  const rest = await engine.draft({ session: 's', exit: 4, base: 21, count: 19 });
  expect([...drafted.tokens, ...truth.slice(12, 21), ...rest.tokens]).toEqual(truth.slice(0, 40));
  expect(await engine.status()).toMatchObject({ sessions: 1 });
  expect(await engine.measureBits({ exit: 1, ids: PROMPT })).toBeGreaterThan(0);
  await engine.close('s');
  await expect(engine.draft({ session: 's', exit: 4, base: 0, count: 1 })).rejects.toMatchObject({ code: 'not-found' });
});

describe('a host that fails', () => {
  test('killed in mid-draft, is replaced and the draft is made again unnoticed', async () => {
    await using engine = await startHost(workspace, SLOW);
    await engine.open({ session: 's', prompt: PROMPT });
    const { tokens } = await engine.draft({ session: 's', exit: 4, base: 0, count: 10 });
    const drafting = engine.draft({ session: 's', exit: 4, base: 10, count: 70 });
    await sleep(clock, 50);
    process.kill(engine.statistics().pid!, 'SIGKILL');
    expect([...tokens, ...(await drafting).tokens]).toEqual(truth.slice(0, 80));
    expect(engine.statistics().restarts).toBe(1);
  });

  test('hanging, is killed after the silence limit and replaced', async () => {
    await using engine = await startHost(workspace, { silenceLimitMs: 500 });
    await engine.open({ session: 's', prompt: PROMPT });
    process.kill(engine.statistics().pid!, 'SIGSTOP');
    const { tokens } = await engine.draft({ session: 's', exit: 4, base: 0, count: 180 });
    expect(tokens).toEqual(truth);
    expect(engine.statistics().restarts).toBe(1);
  });

  test('busy for longer than the silence limit, is left alone: it pulses', async () => {
    await using engine = await startHost(workspace, { ...SLOW, silenceLimitMs: 400 });
    await engine.open({ session: 's', prompt: PROMPT });
    const { tokens, computeMs } = await engine.draft({ session: 's', exit: 4, base: 0, count: 180 });
    expect(tokens).toEqual(truth);
    expect(computeMs).toBeGreaterThan(400);
    expect(engine.statistics().restarts).toBe(0);
  });

  test('twice during one call, makes it fail as unavailable; the next call is served', async () => {
    await using engine = await startHost(workspace, SLOW);
    await engine.open({ session: 's', prompt: PROMPT });
    const killed = new Set<number>();
    const failing = expect(engine.draft({ session: 's', exit: 4, base: 0, count: 180 })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('SIGKILL'),
    });
    while (killed.size < 2) {
      await sleep(clock, 20);
      const { pid } = engine.statistics();
      if (pid === undefined || killed.has(pid)) continue;
      killed.add(pid);
      process.kill(pid, 'SIGKILL');
    }
    await failing;
    const { tokens } = await engine.draft({ session: 's', exit: 4, base: 0, count: 5 });
    expect(tokens).toEqual(truth.slice(0, 5));
  });
});

describe('a host over its memory limit', () => {
  test('is replaced by a warm one; sessions go on and the old process ends', async () => {
    await createRandomFamily(workspace.path('wide'), { hidden: 128, context: 1024 });
    const wide = { familyFolder: workspace.path('wide') };
    const probe = await startHost(workspace, wide);
    const { residentBytes } = probe.statistics();
    await probe[Symbol.asyncDispose]();
    await using engine = await startHost(workspace, { ...wide, rssLimitBytes: residentBytes + 30 * 2 ** 20 });
    const oldPid = engine.statistics().pid!;
    const prompt = Array.from({ length: 800 }, (_, index) => 4 + (index % 250));
    await engine.open({ session: 'first', prompt });
    const before = await engine.draft({ session: 'first', exit: 4, base: 0, count: 8 });
    for (let index = 0; index < 40 && engine.statistics().recycles === 0; index++) {
      await engine.open({ session: `s${index}`, prompt });
      const { tokens } = await engine.draft({ session: `s${index}`, exit: 4, base: 0, count: 8 });
      expect(tokens).toEqual(before.tokens);
    }
    await until('the host is replaced', () => engine.statistics().recycles > 0);
    const { tokens } = await engine
      .verify({ session: 'first', exit: 4, base: 0, tokens: before.tokens })
      .then(async verdict => {
        expect(verdict.accepted).toBe(8);
        return engine.draft({ session: 'first', exit: 4, base: 8, count: 1 });
      });
    expect(tokens.length).toBe(1);
    await until('the old process ends', () => !isRunning(oldPid));
    expect(engine.statistics().pid).not.toBe(oldPid);
    expect(engine.statistics().restarts).toBe(0);
  }, 60_000);

  test('from the start, is refused with both figures', async () => {
    await expect(startHost(workspace, { rssLimitBytes: 1_000_000 })).rejects.toMatchObject({
      code: 'resource-exhausted',
      message: expect.stringMatching(/takes \d+ bytes, rssLimitBytes is 1000000/),
    });
  });
});

describe('a caller that gives up', () => {
  test('hears so at once, even from a host that cannot answer, and the session stands at its base afterwards', async () => {
    await using engine = await startHost(workspace, SLOW);
    await engine.open({ session: 's', prompt: PROMPT });
    const pid = engine.statistics().pid!;
    process.kill(pid, 'SIGSTOP');
    const late = engine.draft({ session: 's', exit: 4, base: 0, count: 150 }, AbortSignal.timeout(60));
    await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
    process.kill(pid, 'SIGCONT');
    const { tokens } = await engine.draft({ session: 's', exit: 4, base: 0, count: 3 });
    expect(tokens).toEqual(truth.slice(0, 3));
    expect(engine.statistics().restarts).toBe(0);
  });

  test('before the call, costs nothing', async () => {
    await using engine = await startHost(workspace);
    const reason = AbortSignal.abort();
    await expect(engine.open({ session: 's', prompt: PROMPT }, reason)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await engine.status()).sessions).toBe(0);
  });
});

test('errors cross with code, message and details', async () => {
  await using engine = await startHost(workspace);
  await engine.open({ session: 's', prompt: PROMPT });
  await expect(engine.draft({ session: 's', exit: 2, base: 0, count: 1 })).rejects.toMatchObject({
    code: 'not-found',
    message: 'exit 2 is not loaded: this engine holds 1, 3, 4',
    details: { exit: '2' },
  });
  await expect(engine.open({ session: 't', prompt: [999] })).rejects.toMatchObject({ code: 'invalid-argument' });
});

test('a damaged family is refused at start with file, expected and actual', async () => {
  const folder = workspace.path('damaged');
  await createRandomFamily(folder);
  const file = `${folder}/trunk-1-3.safetensors`;
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
  await expect(
    startHost(workspace, { familyFolder: folder, cacheFolder: workspace.path('no-graphs') }),
  ).rejects.toMatchObject({
    code: 'data-loss',
    details: {
      file,
      expected: expect.stringMatching(/^[0-9a-f]{64}$/),
      actual: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  });
});

test('the host ends with its parent, also when that is killed', async () => {
  const script = `
    import { createHostedEngine } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    import { createSystemClock } from ${JSON.stringify(new URL('../../time/dist/index.js', import.meta.url).href)};
    const quiet = () => undefined;
    const engine = await createHostedEngine(
      { clock: createSystemClock({ keepAlive: true }), logger: { debug: quiet, info: quiet, warn: quiet, error: quiet } },
      ${JSON.stringify({ familyFolder: workspace.path('family'), exits: [1], format: 'fp32', cacheFolder: workspace.path('graphs') })});
    process.stdout.write(String(engine.statistics().pid));
    setInterval(quiet, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [text] = await once(parent.stdout, 'data');
  const hostPid = Number(text);
  expect(isRunning(hostPid)).toBe(true);
  parent.kill('SIGKILL');
  await until('the host ends', () => !isRunning(hostPid));
});

test('after it was disposed the process is gone and calls fail', async () => {
  const engine = await startHost(workspace);
  const pid = engine.statistics().pid!;
  await engine[Symbol.asyncDispose]();
  expect(isRunning(pid)).toBe(false);
  await expect(engine.open({ session: 's', prompt: PROMPT })).rejects.toMatchObject({ code: 'unavailable' });
});
