// SPDX-License-Identifier: Apache-2.0
//
// A link that says which process holds a folder, since Node has no lock that the system gives back by itself. It is a
// symbolic link to no file: it is made with its text in one step, and on most file systems also where the disk is full.
//
// L1  Its process is gone if the machine was started since (another boot id), if no process has its pid, or if the
//     process with its pid was started at another time.
// L2  A takeover is itself held by such a link, so of two processes that find a stale lock one takes it.
import { readlink, symlink, unlink } from 'node:fs/promises';
import { AiflowError } from '@aiflow/protocol';
import type { JournalLock } from './journal-files.ts';
import { describeProcess, isGone, parseProcess } from './process-mark.ts';
import { systemCode } from './system-error.ts';

/** See `JournalFiles.lock`. */
export async function lockFile(path: string): Promise<JournalLock> {
  while (!(await claim(path))) await takeOver(path);
  return { release: () => removeIfThere(path) };
}

/** Leaves the lock free, or as another process took it meanwhile. */
async function takeOver(path: string): Promise<void> {
  await requireGone(path);
  const takeover = `${path}.takeover`;
  if (!(await claim(takeover))) {
    await requireGone(takeover);
    return removeIfThere(takeover);
  }
  try {
    await requireGone(path); // L2
    await removeIfThere(path);
  } finally {
    await removeIfThere(takeover);
  }
}

async function claim(path: string): Promise<boolean> {
  try {
    await symlink(await describeProcess(), path);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}

async function requireGone(path: string): Promise<void> {
  const text = await readIfThere(path);
  if (text === undefined || (await isGone(text))) return; // L1
  const pid = String(parseProcess(text)?.pid);
  const message = `${path} is held by process ${pid}: stop that process, or name another folder`;
  throw new AiflowError('failed-precondition', message, { details: { file: path, pid } });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch(cause => {
    if (systemCode(cause) !== 'ENOENT') throw cause;
  });
}
