// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type ComputeFormat,
  createHostedEngine,
  type FamilyTokenizer,
  type HostedEngine,
  type Logger,
  openFamilyFolder,
  openTokenizer,
} from '@aiflow/model';
import { createSystemClock } from '@aiflow/time';
import { createCleanUp } from '../harness/clean-up.ts';
import { DRAFT_EXIT, JUDGE_EXIT, JUDGE_FORMATS, type JudgeFormat } from './rows.ts';

/** The shipped family, hosted as a node hosts it: each engine in a process of its own. */
export interface BatchingEngines extends AsyncDisposable {
  readonly tokenizer: FamilyTokenizer;
  readonly drafter: HostedEngine;
  readonly judges: Readonly<Record<JudgeFormat, HostedEngine>>;
}

const SILENT: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Starts a drafter in fp32 and a judge in each format. */
export async function openEngines(): Promise<BatchingEngines> {
  const cleanUp = createCleanUp();
  try {
    const cacheFolder = await mkdtemp(join(tmpdir(), 'aiflow-bench-'));
    cleanUp.defer(() => rm(cacheFolder, { recursive: true, force: true }));
    const familyFolder = dirname(createRequire(import.meta.url).resolve('@aiflow/family-nano/package.json'));
    const collaborators = { clock: createSystemClock({ keepAlive: true }), logger: SILENT };
    const open = async (exit: number, format: ComputeFormat): Promise<HostedEngine> =>
      cleanUp.use(await createHostedEngine(collaborators, { familyFolder, cacheFolder, exits: [exit], format }));
    const [fp32, int8] = JUDGE_FORMATS;
    return {
      tokenizer: await openTokenizer(await openFamilyFolder(familyFolder)),
      drafter: await open(DRAFT_EXIT, 'fp32'),
      judges: { fp32: await open(JUDGE_EXIT, fp32), int8: await open(JUDGE_EXIT, int8) },
      [Symbol.asyncDispose]: () => cleanUp[Symbol.asyncDispose](),
    };
  } catch (error) {
    await cleanUp[Symbol.asyncDispose]();
    throw error;
  }
}
