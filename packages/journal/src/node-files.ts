// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { JournalFile, JournalFiles } from './journal-files.ts';
import { lockFile } from './lock-file.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The machine's file system, through `node:fs/promises`. */
export function createNodeFiles(): JournalFiles {
  return {
    makeFolder,
    list: async folder => (await readdir(folder, { withFileTypes: true })).flatMap(e => (e.isFile() ? [e.name] : [])),
    read: path => readFile(path),
    open: async path => fileOf(await open(path, 'a', FILE_MODE)),
    rename,
    remove: unlink,
    syncFolder,
    lock: lockFile,
  };
}

function fileOf(handle: FileHandle): JournalFile {
  return {
    write: bytes => handle.appendFile(bytes),
    truncate: bytes => handle.truncate(bytes),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  const first = await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
