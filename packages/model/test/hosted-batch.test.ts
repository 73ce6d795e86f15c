// SPDX-License-Identifier: Apache-2.0
//
// Batches through real host processes, from the build (`npx tsc -b packages/model`).
import { createSystemClock } from '@aiflow/time';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Outcome } from '../src/engine.ts';
import { createHostedEngine, type HostedEngine, type HostedEngineOptions } from '../src/host/create-hosted-engine.ts';
import { createRandomEngine, createWorkspace, loneRun, SILENT, type Workspace } from './engines.ts';
import { createRandomFamily } from './random-family.ts';

const clock = createSystemClock({ keepAlive: true });
const PROMPTS = [
  [1, 40, 77, 130],
  [5, 6, 7],
  [90, 80, 70, 60, 50],
];

vi.setConfig({ testTimeout: 60_000 });

let workspace: Workspace;
let truths: readonly (readonly number[])[];

beforeAll(async () => {
  workspace = await createWorkspace();
  await createRandomFamily(workspace.path('family'));
  await using local = await createRandomEngine(workspace);
  truths = [
    await loneRun(local, { prompt: PROMPTS[0]!, exit: 4, count: 60 }),
    await loneRun(local, { prompt: PROMPTS[1]!, exit: 3, count: 60 }),
    await loneRun(local, { prompt: PROMPTS[2]!, exit: 4, count: 60 }),
  ];
});

afterAll(() => workspace[Symbol.asyncDispose]());

async function hostWithSessions(options: Partial<HostedEngineOptions> = {}): Promise<HostedEngine> {
  const engine = await createHostedEngine(
    { clock, logger: SILENT },
    {
      ...{ familyFolder: workspace.path('family'), exits: [1, 3, 4], format: 'fp32' },
      cacheFolder: workspace.path('graphs'),
      ...options,
    },
  );
  for (const [index, prompt] of PROMPTS.entries()) await engine.open({ session: `s${index}`, prompt });
  return engine;
}

const EXITS = [4, 3, 4];

function draftAll(engine: HostedEngine, base: number, count: number): ReturnType<HostedEngine['draftMany']> {
  return engine.draftMany(EXITS.map((exit, index) => ({ session: `s${index}`, exit, base, count })));
}

function tokensOf(
  outcomes: readonly Outcome<{ readonly tokens: readonly number[] }>[],
): readonly (readonly number[])[] {
  return outcomes.map(outcome => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value.tokens;
  });
}

const parts = (from: number, to: number): readonly (readonly number[])[] => truths.map(truth => truth.slice(from, to));

test('drafts and verdicts cross together, each failure on its own, and sessions go on from them', async () => {
  await using engine = await hostWithSessions();
  expect(tokensOf(await draftAll(engine, 0, 10))).toEqual(parts(0, 10));
  const verdicts = await engine.verifyMany([
    { session: 's0', exit: 4, base: 10, tokens: [...truths[0]!.slice(10, 15), 99] },
    { session: 'unknown', exit: 4, base: 0, tokens: [] },
    { session: 's1', exit: 2, base: 10, tokens: [] },
    { session: 's2', exit: 4, base: 10, tokens: truths[2]!.slice(10, 13) },
    { session: 's2', exit: 4, base: 10, tokens: [] },
  ]);
  expect(verdicts).toMatchObject([
    { value: { accepted: 5, correction: truths[0]![15] } },
    { reason: { code: 'not-found', message: expect.stringContaining('unknown') } },
    { reason: { code: 'not-found', message: expect.stringContaining('exit 2 is not loaded') } },
    { value: { accepted: 3, correction: truths[2]![13] } },
    { reason: { code: 'invalid-argument' } },
  ]);
  const rest = await engine.draftMany([
    { session: 's0', exit: 4, base: 16, count: 4 },
    { session: 's1', exit: 3, base: 10, count: 4 },
    { session: 's2', exit: 4, base: 14, count: 4 },
  ]);
  expect(tokensOf(rest)).toEqual([truths[0]!.slice(16, 20), truths[1]!.slice(10, 14), truths[2]!.slice(14, 18)]);
});

test('a batch whose host is killed is made again on the next one', async () => {
  await using engine = await hostWithSessions({ slowdown: 12 });
  expect(tokensOf(await draftAll(engine, 0, 5))).toEqual(parts(0, 5));
  const drafting = draftAll(engine, 5, 55);
  clock.setTimer(150, () => process.kill(engine.statistics().pid!, 'SIGKILL'));
  expect(tokensOf(await drafting)).toEqual(parts(5, 60));
  expect(engine.statistics().restarts).toBe(1);
});

test('sessions that the host dropped for lack of room are opened again within the batch', async () => {
  await using engine = await hostWithSessions({ maxCacheBytes: 100_000 });
  for (let base = 0; base < 30; base += 10) {
    expect(tokensOf(await draftAll(engine, base, 10))).toEqual(parts(base, base + 10));
  }
});
