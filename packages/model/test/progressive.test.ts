// SPDX-License-Identifier: Apache-2.0
//
// Engines that serve from their first rungs while the rest loads; the last tests start real host processes from the build.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createSystemClock, sleep } from '@aiflow/time';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MeasuringEngine } from '../src/engine.ts';
import { createHostedEngine } from '../src/host/create-hosted-engine.ts';
import { createEngine } from '../src/inference/create-engine.ts';
import type { EngineCollaborators, EngineOptions } from '../src/inference/engine-options.ts';
import { createRandomEngine, createWorkspace, SILENT, type Workspace } from './engines.ts';
import { graphsLeft } from './graphs-left.ts';
import { createRandomFamily } from './random-family.ts';

const clock = createSystemClock({ keepAlive: true });
const PROMPT = [1, 40, 77, 130, 9, 201, 55, 2];
const TOP = new Map([
  [1, 3],
  [3, 3],
  [4, 3],
]);

let workspace: Workspace;
let familyFolder: string;
let whole: MeasuringEngine;

beforeAll(async () => {
  workspace = await createWorkspace();
  familyFolder = workspace.path('family');
  await createRandomFamily(familyFolder);
  whole = await createRandomEngine(workspace);
});
afterAll(async () => {
  await whole[Symbol.asyncDispose]();
  await workspace[Symbol.asyncDispose]();
});

function options(more: Partial<EngineOptions> = {}): EngineOptions {
  return {
    ...{ familyFolder, exits: [1, 3, 4], format: 'fp32', cacheFolder: workspace.path('graphs'), progressive: true },
    ...more,
  };
}

function progressive(
  more: Partial<EngineCollaborators> = {},
  changed: Partial<EngineOptions> = {},
): Promise<MeasuringEngine> {
  return createEngine({ clock, logger: SILENT, ...more }, options(changed));
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 5) {
    if (holds()) return;
    await sleep(clock, 5);
  }
  throw new Error(`not within 20 s: ${what}`);
}

function isAt(engine: MeasuringEngine, rungs: ReadonlyMap<number, number>): boolean {
  return [...rungs].every(([exit, rung]) => engine.rungs.get(exit) === rung);
}

/** What an engine that holds the last rungs says after `answer`. */
async function saidAfter(
  answer: readonly number[],
  request: { exit: number; count: number },
): Promise<readonly number[]> {
  await whole.open({ session: 'check', prompt: PROMPT, answer });
  return (await whole.draft({ session: 'check', base: answer.length, ...request })).tokens;
}

test('serves from rung 1 at once, rises to the last, and a session goes on as if it had always been there', async () => {
  const seen: string[] = [];
  await using engine = await progressive({ onRungsChanged: rungs => void seen.push([...rungs.values()].join(' ')) });
  expect(engine.rungs).toEqual(new Map([1, 3, 4].map(exit => [exit, 1])));
  await engine.open({ session: 's', prompt: PROMPT });
  const small = await engine.draft({ session: 's', exit: 4, base: 0, count: 12 });
  await until('the last rungs serve', () => isAt(engine, TOP));
  expect(seen).toEqual(['2 1 1', '2 2 1', '2 2 2', '3 2 2', '3 3 2', '3 3 3']);
  const held = await engine.status();
  const { tokens, belowLastRung } = await engine.draft({ session: 's', exit: 4, base: 12, count: 12 });
  expect([small.belowLastRung, belowLastRung]).toEqual([[{ exit: 4, rung: expect.any(Number) }], undefined]);
  expect(tokens).toEqual(await saidAfter(small.tokens, { exit: 4, count: 12 }));
  expect(small.tokens).not.toEqual(await saidAfter([], { exit: 4, count: 12 }));
  const verdict = await engine.verify({ session: 's', exit: 4, base: 0, tokens: small.tokens });
  const [first] = await saidAfter([], { exit: 4, count: 1 });
  expect(verdict.accepted > 0 ? small.tokens[0] : verdict.correction).toBe(first);
  // The cache of the rung that was replaced is gone: the session is no larger than before.
  expect((await engine.status()).cachedBytes).toBeLessThanOrEqual(held.cachedBytes);
});

test('no call mixes two rungs, however often exits rise while sessions draft', async () => {
  for (let round = 0; round < 3; round++) {
    await using engine = await progressive({}, { exits: [4], cacheFolder: workspace.path(`fresh-${round}`) });
    await using first = await createRandomEngine(workspace, {}, { exits: [{ exit: 4, rung: 1 }] });
    await using second = await createRandomEngine(workspace, {}, { exits: [{ exit: 4, rung: 2 }] });
    const runs: { answer: readonly number[]; tokens: readonly number[] }[] = [];
    await engine.open({ session: 's', prompt: PROMPT });
    for (let base = 0; base < 160 && !isAt(engine, new Map([[4, 3]])); base += 16) {
      const answer = runs.flatMap(run => run.tokens);
      const { tokens, finished } = await engine.draft({ session: 's', exit: 4, base: answer.length, count: 16 });
      runs.push({ answer, tokens });
      if (finished) break;
    }
    for (const { answer, tokens } of runs) {
      const said = [];
      for (const one of [first, second, whole]) {
        await one.open({ session: 'check', prompt: PROMPT, answer });
        said.push((await one.draft({ session: 'check', exit: 4, base: answer.length, count: tokens.length })).tokens);
      }
      expect(said).toContainEqual(tokens);
    }
  }
});

test('a damaged rung leaves the one below serving, the other exits rise, and the log says what to do', async () => {
  const folder = workspace.path('damaged');
  await createRandomFamily(folder);
  const file = `${folder}/exit-3-rung-2.safetensors`;
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
  const errors: string[] = [];
  const logger = {
    ...SILENT,
    error: (message: string, fields?: object) => void errors.push(message + JSON.stringify(fields)),
  };
  await using engine = await progressive({ logger }, { familyFolder: folder });
  await until('the other exits rise', () => engine.rungs.get(1) === 3 && engine.rungs.get(4) === 3);
  expect(engine.rungs.get(3)).toBe(1);
  expect(errors).toEqual([expect.stringContaining('exit 3 stays below rung 2: repair what is named')]);
  expect(errors[0]).toContain(file);
  await engine.open({ session: 's', prompt: PROMPT });
  const { tokens } = await engine.draft({ session: 's', exit: 3, base: 0, count: 4 });
  expect(tokens.length).toBe(4);
  await expect(engine.verify({ session: 's', exit: 3, base: 0, tokens })).rejects.toMatchObject({
    code: 'failed-precondition',
  });
});

test('an engine that is disposed of while it rises stops rising and leaves no graph and no file half-made', async () => {
  for (const waitMs of [0, 5, 20]) {
    const seen: unknown[] = [];
    const cacheFolder = workspace.path(`stopped-${waitMs}`);
    const left = await graphsLeft(async () => {
      const engine = await progressive({ onRungsChanged: rungs => void seen.push(rungs) }, { cacheFolder });
      await sleep(clock, waitMs);
      await engine[Symbol.asyncDispose]();
    });
    const steps = seen.length;
    await sleep(clock, 50);
    expect([left, seen.length - steps]).toEqual([0, 0]);
    expect((await readdir(cacheFolder)).filter(name => name.endsWith('.tmp'))).toEqual([]);
  }
});

test('the rung to begin with may be named', async () => {
  await using engine = await progressive({}, { firstRungs: new Map([[3, 2]]), exits: [1, { exit: 3, rung: 2 }] });
  expect(engine.rungs).toEqual(
    new Map([
      [1, 1],
      [3, 2],
    ]),
  );
  await until('exit 1 rises', () => engine.rungs.get(1) === 3);
  expect(engine.rungs.get(3)).toBe(2);
});

describe('in a process of its own', () => {
  test('the node sees exits rise, and a host that is lost is followed by one that serves as much', async () => {
    await using engine = await createHostedEngine({ clock, logger: SILENT }, options());
    await until('the last rungs serve', () => isAt(engine, TOP));
    await engine.open({ session: 's', prompt: PROMPT });
    const said = await saidAfter([], { exit: 4, count: 6 });
    process.kill(engine.statistics().pid!, 'SIGKILL');
    const verdict = await engine.verify({ session: 's', exit: 4, base: 0, tokens: said });
    expect(verdict.accepted).toBe(6);
    expect(engine.statistics().restarts).toBe(1);
    expect(engine.rungs).toEqual(TOP);
  }, 60_000);
});
