// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import type { Recording } from './build-rows.ts';
import type { Row } from './row.ts';

/** Where the full run of a case is kept. */
export function recordingPath(folder: string, name: string): string {
  return join(folder, 'recorded', `${name}.json`);
}

/** The stored run, or undefined when there is none. Throws on one that can't be read. */
export async function readRecording(path: string): Promise<Recording | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Recording);
}

export async function writeRecording(path: string, recording: Recording): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(recording, null, 2)}\n`);
}

/** A recording of `rows` that says when, of which commit and on what machine they were measured. */
export function makeRecording(name: string, rows: readonly Row[], repository: string): Recording {
  return {
    case: name,
    date: new Date().toISOString().slice(0, 10),
    commit: describeCommit(repository),
    machine: `${cpus()[0]?.model.trim() ?? arch()}, ${availableParallelism()} cores, Node ${process.versions.node}`,
    rows,
  };
}

/** The short hash; `+` when tracked files differ from it. */
function describeCommit(repository: string): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'packages', 'test', 'package-lock.json');
    return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : '+'}`;
  } catch {
    return 'unknown'; // measured outside a git clone
  }
}
