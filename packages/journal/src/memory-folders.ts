// SPDX-License-Identifier: Apache-2.0
import { basename, dirname } from 'node:path';
import type { Random } from '@aiflow/time';
import type { MemoryFile } from './memory-file.ts';

/** The names of a memory disk: those that a process sees, and those that are on the disk. */
export interface MemoryFolders {
  files(): readonly MemoryFile[];
  paths(): readonly string[];
  list(folder: string): readonly string[];
  /** Throws with ENOENT. */
  at(path: string): MemoryFile;
  /** The file at `path`, made where it is not there. */
  make(path: string, create: () => MemoryFile): MemoryFile;
  /** Puts `file` at `path`, on the disk too. */
  place(path: string, file: MemoryFile): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  sync(folder: string): void;
  /** Each change that was not synced is there by chance. */
  losePower(random: Random): void;
}

/** Paths and the files at them; undefined where one was taken away. */
type Change = ReadonlyMap<string, MemoryFile | undefined>;

/** No files. */
export function createMemoryFolders(): MemoryFolders {
  let disk: ReadonlyMap<string, MemoryFile> = new Map();
  let seen = disk;
  let changes: Change[] = [];
  const change = (next: Change): void => {
    changes.push(next);
    seen = apply(seen, next);
  };
  const at = (path: string): MemoryFile => seen.get(path) ?? missing(path);
  return {
    files: () => [...new Set(seen.values())],
    paths: () => [...seen.keys()].sort(),
    list: folder => [...seen.keys()].filter(path => dirname(path) === folder).map(path => basename(path)),
    at,
    make: (path, create) => {
      if (!seen.has(path)) change(new Map([[path, create()]]));
      return at(path);
    },
    place: (path, file) => {
      disk = apply(disk, new Map([[path, file]]));
      seen = apply(seen, new Map([[path, file]]));
    },
    rename: (from, to) =>
      change(
        new Map([
          [from, undefined],
          [to, at(from)],
        ]),
      ),
    remove: path => change(new Map([[path, at(path) && undefined]])),
    sync: folder => {
      const isIn = (entry: Change): boolean => [...entry.keys()].some(path => dirname(path) === folder);
      disk = changes.filter(isIn).reduce(apply, disk);
      changes = changes.filter(entry => !isIn(entry));
    },
    losePower: random => {
      disk = changes.filter(() => random.below(2) === 0).reduce(apply, disk);
      seen = disk;
      changes = [];
      for (const file of new Set(seen.values())) file.losePower(random);
    },
  };
}

function apply(files: ReadonlyMap<string, MemoryFile>, change: Change): ReadonlyMap<string, MemoryFile> {
  const next = new Map(files);
  for (const [path, file] of change) {
    if (file === undefined) next.delete(path);
    else next.set(path, file);
  }
  return next;
}

function missing(path: string): never {
  throw Object.assign(new Error(`ENOENT: no such file, ${path}`), { code: 'ENOENT' });
}
