// SPDX-License-Identifier: Apache-2.0
//
// Files of running processes: each says how to reach its process, is readable by its owner alone, and counts for as long as
// that process lives.
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';

/** What every such file says. */
export interface LiveFile {
  readonly pid: number;
}

/** Writes `content` to `file`, whole or not at all; disposing removes it. */
export async function writeLiveFile(file: string, content: LiveFile): Promise<AsyncDisposable> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

/** The files of `folder` with this ending whose process still lives; the others are removed. */
export async function readLiveFiles<T extends LiveFile>(
  folder: string,
  ending: string,
  schema: z.ZodType<T>,
): Promise<readonly T[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const files = names.filter(name => name.endsWith(ending)).map(name => join(folder, name));
  const contents = await Promise.all(files.map(file => readLiveFile(file, schema)));
  return contents.filter(content => content !== undefined);
}

async function readLiveFile<T extends LiveFile>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const parsed = schema.safeParse(parseJson(await readFile(file, 'utf8').catch(() => '')));
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
