// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock } from '@aiflow/time';
import { afterAll, beforeAll } from 'vitest';
import type { BatchingEngine, RelayingEngine } from '../src/engine.ts';
import { createEngine } from '../src/inference/create-engine.ts';
import type { EngineOptions } from '../src/inference/engine-options.ts';
import type { Logger } from '../src/logger.ts';
import { createRandomFamily, type RandomFamilyShape } from './random-family.ts';

const ignore = (): void => undefined;

/** Says nothing. */
export const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** A folder that is gone after the test file. */
export interface Workspace extends AsyncDisposable {
  readonly folder: string;
  path(name: string): string;
}

export async function createWorkspace(): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'aiflow-model-'));
  return {
    folder,
    path: name => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An engine over a random family written into the workspace. */
export async function createRandomEngine(
  workspace: Workspace,
  shape: Partial<RandomFamilyShape> = {},
  options: Partial<EngineOptions> = {},
): Promise<BatchingEngine> {
  const familyFolder = workspace.path(`family-${JSON.stringify(shape).replaceAll(/\W+/g, '-')}`);
  await createRandomFamily(familyFolder, shape);
  return createEngine(
    { clock: createSystemClock({ keepAlive: true }), logger: SILENT },
    {
      familyFolder,
      exits: shape.exits ?? [1, 3, 4],
      format: 'fp32',
      cacheFolder: workspace.path('graphs'),
      ...options,
    },
  );
}

/** Two engines for the tests of one file: a plain random family, and one full of near ties. */
export interface EnginePair {
  readonly workspace: Workspace;
  readonly plain: BatchingEngine;
  readonly twins: BatchingEngine;
}

/** Makes the pair before the tests of the calling file and ends it after them. */
export function useEnginePair(twinSeed: number): EnginePair {
  let held: EnginePair | undefined;
  beforeAll(async () => {
    const workspace = await createWorkspace();
    const plain = await createRandomEngine(workspace);
    held = { workspace, plain, twins: await createRandomEngine(workspace, { twins: true, seed: twinSeed }) };
  }, 60_000);
  afterAll(async () => {
    await held?.plain[Symbol.asyncDispose]();
    await held?.twins[Symbol.asyncDispose]();
    await held?.workspace[Symbol.asyncDispose]();
  });
  const started = (): EnginePair => {
    if (held === undefined) throw new Error('the engines start before the tests: use them inside of one');
    return held;
  };
  return {
    get workspace() {
      return started().workspace;
    },
    get plain() {
      return started().plain;
    },
    get twins() {
      return started().twins;
    },
  };
}

/** What the exit alone says: one session, drafted token by token from the prompt. */
export async function loneRun(
  engine: RelayingEngine,
  request: {
    readonly prompt: readonly number[];
    readonly exit: number;
    readonly count: number;
    readonly seed?: number;
  },
): Promise<readonly number[]> {
  const { prompt, exit, count, seed } = request;
  const session = `lone-${exit}-${prompt.join('.')}-${seed}`;
  await engine.open({
    session,
    prompt,
    ...(seed === undefined ? {} : { sampling: { temperature: 0.8, topK: 20, topP: 0.9, seed } }),
  });
  const { tokens } = await engine.draft({ session, exit, base: 0, count });
  await engine.close(session);
  return tokens;
}
