// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

/** Memory of a process. */
export interface ProcessMemory {
  readonly residentBytes: number;
  /** Pages shared with other processes counted by their part. */
  readonly proportionalBytes: number;
}

/** Reads it from the kernel; undefined where there is no `/proc`, as off Linux, or the process is gone. */
export async function readProcessMemory(pid: number): Promise<ProcessMemory | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const kibibytes = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return { residentBytes: kibibytes('Rss') * 1024, proportionalBytes: kibibytes('Pss') * 1024 };
}
