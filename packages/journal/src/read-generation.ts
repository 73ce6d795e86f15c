// SPDX-License-Identifier: Apache-2.0
//
// A generation as it is found, made ready to go on in.
//
// G1  A file that is refused is not written to.
// G2  No entry is given out before it and its file's name are on the disk: a process that died may have left them in the
//     page cache alone.
// G3  A damaged file is copied, and the copy synced, before anything else is written. Its whole frames become the next
//     generation.
import { join } from 'node:path';
import { DAMAGED_ENDING, DRAFT_ENDING, generationName } from './generation-name.ts';
import type { JournalRecovery } from './journal.ts';
import type { JournalFiles } from './journal-files.ts';
import { refuseFile, refuseName } from './journal-refusal.ts';
import { JournalWriter } from './journal-writer.ts';
import { type Scan, scanJournal } from './scan-journal.ts';
import { writeFailure } from './system-error.ts';

/** A journal that is read and can be written to. */
export interface OpenedGeneration {
  readonly id: Buffer;
  readonly writer: JournalWriter;
  readonly recovery: JournalRecovery;
  /** Each is a copy, so that the file's bytes can go. */
  readonly entries: Iterable<Uint8Array>;
}

/** Where a generation is, and an id for one that lost its own. */
export interface GenerationPlace {
  readonly files: JournalFiles;
  readonly folder: string;
  readonly newId: () => Buffer;
}

/** Reads a file, cuts what is torn, mends what is damaged. */
export async function readGeneration(place: GenerationPlace, generation: number): Promise<OpenedGeneration> {
  const { files, folder } = place;
  const path = join(folder, generationName(generation));
  const bytes = await files.read(path);
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scan = scanJournal(file);
  if (scan.kind !== 'journal') throw refuseFile(path, file.length, scan); // G1
  if ((scan.generation ?? generation) !== generation) throw refuseName(path, scan.generation ?? 0);
  const id = Buffer.from(scan.id ?? place.newId());
  const writer = new JournalWriter({ files, folder, id }, generation, scan.end);
  const copy = `${path}${DAMAGED_ENDING}`;
  const isDamaged = scan.damaged.length > 0;
  try {
    if (isDamaged) await keepCopy(place, copy, file);
    if (isDamaged) await writer.replace(unitsOf(scan), Number.POSITIVE_INFINITY);
    else await writer.resume(file.length);
    await files.syncFolder(folder); // G2
  } catch (cause) {
    await writer.close().catch(() => undefined);
    throw writeFailure(isDamaged ? copy : path, file.length, cause);
  }
  return { id, writer, recovery: describe(scan, file.length, copy), entries: entriesOf(scan) };
}

async function keepCopy({ files, folder }: GenerationPlace, copy: string, bytes: Buffer): Promise<void> {
  const draft = `${copy}${DRAFT_ENDING}`;
  await files.remove(draft).catch(() => undefined);
  const target = await files.open(draft);
  try {
    await target.write(bytes);
    await target.sync();
  } catch (cause) {
    await files.remove(draft).catch(() => undefined);
    throw writeFailure(copy, bytes.length, cause);
  } finally {
    await target.close();
  }
  await files.rename(draft, copy);
  await files.syncFolder(folder); // G3
}

function describe(scan: Scan, fileBytes: number, copy: string): JournalRecovery {
  return {
    entries: scan.frames.reduce((sum, { entries }) => sum + entries.length, 0),
    tornBytes: fileBytes - scan.end,
    damaged: scan.damaged.map(gap => ({ file: copy, ...gap })),
  };
}

function* unitsOf({ frames }: Scan): Generator<readonly Uint8Array[]> {
  for (const { entries } of frames) if (entries.length > 0) yield entries;
}

function* entriesOf({ frames }: Scan): Generator<Uint8Array> {
  for (const { entries } of frames) for (const entry of entries) yield Uint8Array.from(entry);
}
