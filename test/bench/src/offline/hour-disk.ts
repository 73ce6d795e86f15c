// SPDX-License-Identifier: Apache-2.0
import type { JournalFile, JournalFiles } from '@aiflow/journal';
import { type Clock, sleep } from '@aiflow/time';

/** How a disk behaves. */
export interface DiskManners {
  /** What an fsync takes, so that a kill may fall into one. */
  readonly syncMs: number;
  /** False: an fsync does nothing. */
  readonly syncs: boolean;
}

/** The same disk with other manners. */
export function withManners(files: JournalFiles, clock: Clock, { syncMs, syncs }: DiskManners): JournalFiles {
  const slow = (file: JournalFile): JournalFile => ({
    write: bytes => file.write(bytes),
    truncate: bytes => file.truncate(bytes),
    sync: async () => {
      await sleep(clock, syncMs);
      if (syncs) await file.sync();
    },
    close: () => file.close(),
  });
  return { ...files, open: async path => slow(await files.open(path)) };
}
