// SPDX-License-Identifier: Apache-2.0
//
// From a folder to a journal that appends.
//
//   lock -> list -> no generation: the first is made
//                -> the highest:   refused
//                                  whole or torn: cut, synced, gone on in
//                                  damaged: copied to `*.damaged`; what is whole becomes the next generation
//                                                                         -> leftovers removed -> entries given out
//
// O1  Where opening is refused, nothing in the folder was written to.
// O2  A leftover is an older generation, a draft, or an older copy of damage. It goes once the generation that is gone
//     on in is on the disk, with its name.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, Random } from '@aiflow/time';
import { createJournal, type JournalLogger } from './create-journal.ts';
import { isLeftover, LOCK_NAME, parseGenerationName } from './generation-name.ts';
import type { Journal, JournalOptions, JournalRecovery } from './journal.ts';
import { type JournalBounds, parseOptions } from './journal-bounds.ts';
import type { JournalFiles, JournalLock } from './journal-files.ts';
import { JournalWriter } from './journal-writer.ts';
import { type GenerationPlace, type OpenedGeneration, readGeneration } from './read-generation.ts';
import { openFailure } from './system-error.ts';

/** What a journal works with. */
export interface JournalCollaborators {
  readonly files: JournalFiles;
  readonly clock: Clock;
  /** For the id of a new journal; default: the operating system's. */
  readonly random?: Random;
  /** Default: says nothing. */
  readonly logger?: JournalLogger;
}

/**
 * Reads what is there, calling `onEntry` for each entry in order, then appends. The bytes it is given are the caller's.
 *
 * Rejects with `failed-precondition` while another process holds the folder, and for a file of another format version;
 * `data-loss` for a file that is no journal; `resource-exhausted` when the disk has no room for a new or a mended file;
 * `invalid-argument` for options that are no limits; `unavailable` when the disk fails; and with what `onEntry` throws.
 * What is there stays as it is then.
 */
export async function openJournal(
  collaborators: JournalCollaborators,
  options: JournalOptions,
  onEntry: (entry: Uint8Array) => void,
): Promise<Journal> {
  const { files, random, clock, logger } = collaborators;
  const { folder } = options;
  const bounds = parseOptions(options);
  const lock = await lockFolder(files, folder);
  try {
    const opened = await openFolder({ files, folder, newId: () => newId(random) }, bounds);
    await giveOut(opened, onEntry);
    report(opened.recovery, folder, logger);
    return createJournal({ clock, logger, lock, ...opened }, folder, bounds);
  } catch (cause) {
    await lock.release().catch(() => undefined);
    throw cause;
  }
}

async function lockFolder(files: JournalFiles, folder: string): Promise<JournalLock> {
  try {
    await files.makeFolder(folder);
    return await files.lock(join(folder, LOCK_NAME));
  } catch (cause) {
    throw openFailure(folder, cause);
  }
}

async function openFolder(place: GenerationPlace, bounds: JournalBounds): Promise<OpenedGeneration> {
  const { files, folder } = place;
  try {
    const names = await files.list(folder);
    const generation = Math.max(...names.map(name => parseGenerationName(name) ?? 0), 0);
    const opened = generation === 0 ? await create(place, bounds) : await readGeneration(place, generation);
    const kept = [opened.writer.path, ...opened.recovery.damaged.map(({ file }) => file)];
    for (const name of names) {
      const isGone = isLeftover(name, opened.recovery.damaged.length > 0) && !kept.includes(join(folder, name));
      if (isGone) await files.remove(join(folder, name)).catch(() => undefined); // O2
    }
    return opened;
  } catch (cause) {
    throw openFailure(folder, cause); // O1
  }
}

async function create({ files, folder, newId }: GenerationPlace, bounds: JournalBounds): Promise<OpenedGeneration> {
  const id = newId();
  const writer = new JournalWriter({ files, folder, id }, 0, 0);
  await writer.replace([], bounds.maxBytes);
  return { id, writer, recovery: { entries: 0, tornBytes: 0, damaged: [] }, entries: [] };
}

async function giveOut({ writer, entries }: OpenedGeneration, onEntry: (entry: Uint8Array) => void): Promise<void> {
  try {
    for (const entry of entries) onEntry(entry);
  } catch (cause) {
    await writer.close().catch(() => undefined);
    throw cause;
  }
}

function newId(random: Random | undefined): Buffer {
  if (random === undefined) return randomBytes(16);
  return Buffer.from(Array.from({ length: 16 }, () => random.below(256)));
}

function report(recovery: JournalRecovery, folder: string, logger: JournalLogger | undefined): void {
  const { entries, tornBytes, damaged } = recovery;
  if (tornBytes > 0) logger?.warn('journal cut after its last whole append', { folder, entries, tornBytes });
  for (const { file, offset, bytes } of damaged) {
    const fields = { folder, entries, file, offset, bytes };
    logger?.warn('journal has damage: what was there is lost, the rest is kept', fields);
  }
}
