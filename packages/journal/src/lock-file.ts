// SPDX-License-Identifier: Apache-2.0
//
// A file that says which process holds a folder, since Node has no lock that the system gives back by itself.
//
// L1  The file appears with its text in it: it is written under another name and linked.
// L2  Its process is gone if the machine was started since (another boot id), if no process has its pid, or if the
//     process with its pid was started at another time.
// L3  A takeover is itself held by such a file, so of two processes that find a stale lock one takes it.
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { AiflowError } from '@aiflow/protocol';
import type { JournalLock } from './journal-files.ts';
import { describeProcess, isGone, parseProcess } from './process-mark.ts';
import { systemCode } from './system-error.ts';

const MODE = 0o600;
let drafts = 0;

/** See `JournalFiles.lock`. */
export async function lockFile(path: string): Promise<JournalLock> {
  if (await claim(path)) return { release: () => unlink(path) };
  await requireStale(path);
  const takeover = `${path}.takeover`;
  if (!(await claim(takeover))) {
    await requireStale(takeover);
    await removeIfThere(takeover);
    return lockFile(path);
  }
  try {
    await requireStale(path);
    await removeIfThere(path);
    if (await claim(path)) return { release: () => unlink(path) };
  } finally {
    await removeIfThere(takeover);
  }
  return lockFile(path);
}

async function claim(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}-${drafts++}`;
  await writeFile(draft, await describeProcess(), { mode: MODE });
  try {
    await link(draft, path); // L1
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw cause;
  } finally {
    await removeIfThere(draft);
  }
}

async function requireStale(path: string): Promise<void> {
  const text = await readIfThere(path);
  if (text === undefined || (await isGone(text))) return;
  const pid = parseProcess(text)?.pid;
  const message = `${path} is held by process ${pid}: stop that process, or name another folder`;
  throw new AiflowError('failed-precondition', message, { details: { file: path, pid: String(pid) } });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
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
