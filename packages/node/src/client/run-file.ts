// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AiflowError, parseName } from '@aiflow/protocol';
import { z } from 'zod';

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

/** The folder of run files: `$AIFLOW_RUN_FOLDER`, else `$XDG_RUNTIME_DIR/aiflow`, else `~/.aiflow/run`. */
export function runFolder(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.AIFLOW_RUN_FOLDER) return environment.AIFLOW_RUN_FOLDER;
  if (environment.XDG_RUNTIME_DIR) return join(environment.XDG_RUNTIME_DIR, 'aiflow');
  return join(homedir(), '.aiflow', 'run');
}

/** Writes the run file of a fleet. Throws `already-exists` when a fleet of that name is running. */
export async function writeRunFile(folder: string, run: RunFile): Promise<AsyncDisposable> {
  parseName('fleet', run.fleet);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const running = (await readRunFiles(folder)).find(other => other.fleet === run.fleet);
  if (running) {
    throw new AiflowError(
      'already-exists',
      `fleet '${run.fleet}' is already running (process ${running.pid}): stop it or give this one another name`,
    );
  }
  const file = join(folder, `${run.fleet}.json`);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(run), { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

/** The run files whose process still lives; the others are removed. */
export async function readRunFiles(folder: string): Promise<readonly RunFile[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const runs = await Promise.all(
    names.filter(name => name.endsWith('.json')).map(name => readRunFile(join(folder, name))),
  );
  return runs.filter(run => run !== undefined);
}

async function readRunFile(file: string): Promise<RunFile | undefined> {
  const parsed = RUN_FILE.safeParse(parseJson(await readFile(file, 'utf8').catch(() => '')));
  if (parsed.success && isAlive(parsed.data.pid)) return parsed.data;
  await rm(file, { force: true });
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
