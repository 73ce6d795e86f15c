// SPDX-License-Identifier: Apache-2.0
import type { Random } from '@aiflow/time';

/** A file of a memory disk: what a process sees, and what is on the disk. */
export interface MemoryFile {
  contents(): Uint8Array;
  write(bytes: Uint8Array): void;
  truncate(bytes: number): void;
  sync(): void;
  /** What was not synced will never be. */
  forget(): void;
  /** From now on a process sees what was on the disk, and by chance of what was not synced. */
  losePower(random: Random): void;
}

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly bytes: number };

/** Small beside a real disk's, so that small writes tear too. */
const BLOCK_BYTES = 16;

/** An empty file. */
export function createMemoryFile(): MemoryFile {
  let seen: Uint8Array = new Uint8Array(0);
  let disk: Uint8Array = seen;
  let changes: Change[] = [];
  const change = (next: Change): void => {
    changes.push(next);
    seen = apply(seen, next);
  };
  return {
    contents: () => seen,
    write: bytes => change({ kind: 'write', offset: seen.length, bytes: bytes.slice() }),
    truncate: bytes => change({ kind: 'truncate', bytes }),
    sync: () => {
      disk = changes.reduce(apply, disk);
      changes = [];
    },
    forget: () => {
      changes = [];
    },
    losePower: random => {
      disk = changes.flatMap(entry => remains(entry, random)).reduce(apply, disk);
      seen = disk;
      changes = [];
    },
  };
}

function apply(contents: Uint8Array, change: Change): Uint8Array {
  if (change.kind === 'truncate') return contents.slice(0, change.bytes);
  const next = new Uint8Array(Math.max(contents.length, change.offset + change.bytes.length));
  next.set(contents);
  next.set(change.bytes, change.offset);
  return next;
}

/** All of it, nothing, or for a write some of its blocks; those that are missing between others are zeros. */
function remains(change: Change, random: Random): readonly Change[] {
  const luck = random.below(3);
  if (luck === 0) return [];
  if (luck === 1 || change.kind === 'truncate') return [change];
  const { offset, bytes } = change;
  const kept: Change[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    if (random.below(2) === 0) continue;
    kept.push({ kind: 'write', offset: offset + at, bytes: bytes.slice(at, at + BLOCK_BYTES) });
  }
  return kept;
}
