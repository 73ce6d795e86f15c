// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AiflowError, parseName } from '@aiflow/protocol';
import { z } from 'zod';
import { readLiveFiles, writeLiveFile } from './live-files.ts';

const RUN_FILE = z.object({
  fleet: z.string(),
  url: z.string(),
  user: z.string().optional(),
  password: z.string().optional(),
  pid: z.number().int().positive(),
  startedAt: z.string(),
});

/** How to reach a fleet that runs on this machine; written by `aiflow up`, readable by its owner alone. */
export type RunFile = z.infer<typeof RUN_FILE>;

const ENDING = '.json';

/** The folder of run files: `$AIFLOW_RUN_FOLDER`, else `$XDG_RUNTIME_DIR/aiflow`, else `~/.aiflow/run`. */
export function runFolder(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.AIFLOW_RUN_FOLDER) return environment.AIFLOW_RUN_FOLDER;
  if (environment.XDG_RUNTIME_DIR) return join(environment.XDG_RUNTIME_DIR, 'aiflow');
  return join(homedir(), '.aiflow', 'run');
}

/** Writes the run file of a fleet. Throws `already-exists` when a fleet of that name is running. */
export async function writeRunFile(folder: string, run: RunFile): Promise<AsyncDisposable> {
  parseName('fleet', run.fleet);
  const running = (await readRunFiles(folder)).find(other => other.fleet === run.fleet);
  if (running) {
    throw new AiflowError(
      'already-exists',
      `fleet '${run.fleet}' is already running (process ${running.pid}): stop it or give this one another name`,
    );
  }
  return writeLiveFile(join(folder, `${run.fleet}${ENDING}`), run);
}

/** The run files whose process still lives; the others are removed. */
export function readRunFiles(folder: string): Promise<readonly RunFile[]> {
  return readLiveFiles(folder, ENDING, RUN_FILE);
}
