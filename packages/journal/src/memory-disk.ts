// SPDX-License-Identifier: Apache-2.0
//
// A disk in memory that can be cut off at any operation. It keeps what a process sees (the page cache) apart from what
// has reached the disk.
//
// M1  A crash ends the process: what it had opened or begun, through the `files` it had, rejects from then on, and its
//     locks are gone. Whoever starts again takes `files` anew.
// M2  Process kind: the page cache stays. Of the write that was under way a first part may be there.
// M3  Power kind: of what was not synced, each write may be there, or not, or some of its blocks; each truncation, each
//     folder change may be there or not. What was synced stays.
// M4  After a sync that failed, the process sees what it wrote, and no later sync of that file brings it to the disk.
import { AiflowError } from '@aiflow/protocol';
import type { Random } from '@aiflow/time';
import type { JournalFile, JournalFiles } from './journal-files.ts';
import { createMemoryFile, type MemoryFile } from './memory-file.ts';
import { createMemoryFolders } from './memory-folders.ts';

/** What is cut: the process alone, or the power of its machine. */
export type CrashKind = 'process' | 'power';

/** The operations of a disk that may be made to fail. */
export type DiskOperation = 'write' | 'sync' | 'truncate' | 'rename' | 'remove' | 'sync-folder';

/** A disk in memory, and what may happen to it. */
export interface MemoryDisk {
  /** Of the process that runs now; after a crash take it anew. */
  readonly files: JournalFiles;
  /** All that were begun, by all processes. */
  readonly operations: number;
  readonly usedBytes: number;
  /** Cuts now. */
  crash(kind: CrashKind): void;
  /** Cuts in the midst of an operation; it is the `operation`th from the disk's making on, counted from 1. */
  crashAt(operation: number, kind: CrashKind): void;
  /** All files together hold at most so much; a write beyond it writes what fits and rejects with ENOSPC. */
  limit(bytes: number): void;
  /** The next operation of that sort rejects with `code`. */
  failNext(operation: DiskOperation, code: string): void;
  /** All files, by path. */
  paths(): readonly string[];
  /** What a process would read now. Throws with ENOENT. */
  contents(path: string): Uint8Array;
  /** Makes a file be `contents`, on the disk too: damage at rest, or a file of another hand. */
  replace(path: string, contents: Uint8Array): void;
}

/** An empty disk. `random` decides what a crash leaves of what was not synced. */
export function createMemoryDisk({ random }: { readonly random: Random }): MemoryDisk {
  return new Disk(random);
}

class Disk implements MemoryDisk {
  readonly #random: Random;
  readonly #folders = createMemoryFolders();
  readonly #failures = new Map<DiskOperation, string>();
  readonly #locks = new Set<string>();
  #limitBytes = Number.POSITIVE_INFINITY;
  #crash: { readonly operation: number; readonly kind: CrashKind } | undefined;
  #process = 0;
  operations = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get files(): JournalFiles {
    const run = this.#process;
    const folders = this.#folders;
    return {
      makeFolder: () => this.#operate(run, () => undefined),
      list: folder => this.#operate(run, () => folders.list(folder)),
      read: path => this.#operate(run, () => folders.at(path).contents().slice()),
      open: path => this.#operate(run, () => this.#handle(run, folders.make(path, createMemoryFile))),
      rename: (from, to) => this.#operate(run, () => folders.rename(from, to), 'rename'),
      remove: path => this.#operate(run, () => folders.remove(path), 'remove'),
      syncFolder: folder => this.#operate(run, () => folders.sync(folder), 'sync-folder'),
      lock: path => this.#operate(run, () => this.#lock(path)),
    };
  }

  get usedBytes(): number {
    return this.#folders.files().reduce((sum, file) => sum + file.contents().length, 0);
  }

  crash(kind: CrashKind): void {
    this.#process += 1;
    this.#crash = undefined;
    this.#locks.clear();
    if (kind === 'power') this.#folders.losePower(this.#random); // M3
  }

  crashAt(operation: number, kind: CrashKind): void {
    this.#crash = { operation, kind };
  }

  limit(bytes: number): void {
    this.#limitBytes = bytes;
  }

  failNext(operation: DiskOperation, code: string): void {
    this.#failures.set(operation, code);
  }

  paths(): readonly string[] {
    return this.#folders.paths();
  }

  contents(path: string): Uint8Array {
    return this.#folders.at(path).contents().slice();
  }

  replace(path: string, contents: Uint8Array): void {
    const file = createMemoryFile();
    file.write(contents);
    file.sync();
    this.#folders.place(path, file);
  }

  #handle(run: number, file: MemoryFile): JournalFile {
    const tear = (bytes: Uint8Array): void => file.write(bytes.slice(0, this.#random.below(bytes.length + 1))); // M2
    return {
      write: bytes => this.#operate(run, () => this.#write(file, bytes), 'write', { tear: () => tear(bytes) }),
      truncate: bytes => this.#operate(run, () => file.truncate(bytes), 'truncate'),
      sync: () => this.#operate(run, () => file.sync(), 'sync', { forget: () => file.forget() }), // M4
      close: () => this.#operate(run, () => undefined),
    };
  }

  #write(file: MemoryFile, bytes: Uint8Array): void {
    const room = Math.max(0, this.#limitBytes - this.usedBytes);
    file.write(bytes.slice(0, room));
    if (bytes.length > room) throw systemError('ENOSPC');
  }

  #lock(path: string): { release(): Promise<void> } {
    if (this.#locks.has(path)) {
      const message = `${path} is held by process ${process.pid}: stop that process, or name another folder`;
      throw new AiflowError('failed-precondition', message);
    }
    this.#locks.add(path);
    const run = this.#process;
    return { release: () => this.#operate(run, () => void this.#locks.delete(path)) };
  }

  async #operate<T>(run: number, act: () => T, sort?: DiskOperation, mishap: Mishap = {}): Promise<T> {
    await Promise.resolve();
    if (run !== this.#process) throw systemError('EIO'); // M1
    this.operations += 1;
    if (this.#crash?.operation === this.operations) {
      mishap.tear?.();
      this.crash(this.#crash.kind);
      throw systemError('EIO');
    }
    const code = sort && this.#failures.get(sort);
    if (sort === undefined || code === undefined) return act();
    this.#failures.delete(sort);
    (mishap.forget ?? mishap.tear)?.();
    throw systemError(code);
  }
}

/** What an operation that did not succeed does all the same. */
interface Mishap {
  tear?(): void;
  forget?(): void;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: memory disk`), { code });
}
