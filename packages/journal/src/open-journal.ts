// SPDX-License-Identifier: Apache-2.0
//
// From a folder to a journal that appends.
//
//   lock -> list -> none: generation 1 is made
//                -> highest generation: read, scanned -> refused
//                                                     -> whole or torn: cut, synced, gone on in
//                                                     -> damaged: copied to `*.damaged`, kept frames become the next generation
//
// O1  Nothing that is refused is written to, and nothing else in the folder is.
// O2  No entry is given out before it is on the disk: a process that died may have left it in the page cache alone.
// O3  A damaged file is copied, and the copy synced, before anything else is written. The last such copy is kept.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import { createJournal } from './create-journal.ts';
import { DAMAGED_ENDING, DRAFT_ENDING, generationName, LOCK_NAME, parseGenerationName } from './generation-name.ts';
import type { Journal, JournalOptions, JournalRecovery } from './journal.ts';
import { type JournalBounds, parseOptions } from './journal-bounds.ts';
import type { JournalFiles } from './journal-files.ts';
import { FORMAT_VERSION, HEADER_BYTES } from './journal-format.ts';
import { JournalWriter } from './journal-writer.ts';
import { type Refusal, type Scan, scanJournal } from './scan-journal.ts';
import { writeFailure } from './system-error.ts';

/** Where a journal says that it found damage, or that the disk failed it. A {@link Journal}'s own errors say it too. */
export interface JournalLogger {
  warn(message: string, fields?: Readonly<Record<string, string | number>>): void;
}

/** What a journal works with. */
export interface JournalCollaborators {
  readonly files: JournalFiles;
  readonly clock: Clock;
  /** For the id of a new journal; default: the operating system's. */
  readonly random?: Random;
  readonly logger?: JournalLogger;
}

interface Opening {
  readonly files: JournalFiles;
  readonly folder: string;
  readonly bounds: JournalBounds;
  readonly newId: () => Buffer;
}

interface Opened {
  readonly id: Buffer;
  readonly writer: JournalWriter;
  readonly recovery: JournalRecovery;
  readonly entries: Iterable<Uint8Array>;
}

/**
 * Reads what is there, calling `onEntry` for each entry in order, then appends. The bytes it is given are the caller's.
 *
 * Rejects with `failed-precondition` while another process holds the folder, and for a file of another format version;
 * `data-loss` for a file that is no journal; `resource-exhausted` when the disk has no room for a new or a mended file;
 * `invalid-argument` for options that are no limits; `unavailable` when the disk fails. What is there stays as it is then.
 */
export async function openJournal(
  collaborators: JournalCollaborators,
  options: JournalOptions,
  onEntry: (entry: Uint8Array) => void,
): Promise<Journal> {
  const { files, clock, logger } = collaborators;
  const { folder } = options;
  const bounds = parseOptions(options);
  await files.makeFolder(folder).catch(cause => Promise.reject(writeFailure(folder, 0, cause)));
  const lock = await files.lock(join(folder, LOCK_NAME));
  try {
    const opened = await openFolder({ files, folder, bounds, newId: () => newId(collaborators.random) });
    report(opened.recovery, folder, logger);
    for (const entry of opened.entries) onEntry(entry);
    return createJournal({ clock, logger, lock, ...opened }, folder, bounds);
  } catch (cause) {
    await lock.release();
    throw cause;
  }
}

async function openFolder(opening: Opening): Promise<Opened> {
  const { files, folder } = opening;
  const names = await files.list(folder);
  const generations = names.flatMap(name => parseGenerationName(name) ?? []).sort((a, b) => b - a);
  const [generation] = generations;
  const opened = generation === undefined ? await create(opening) : await recover(opening, generation);
  const kept = new Set([opened.writer.path, ...opened.recovery.damaged.map(({ file }) => file)]);
  for (const path of names.filter(isOurs).map(name => join(folder, name))) {
    const isCopy = path.endsWith(DAMAGED_ENDING) && opened.recovery.damaged.length === 0;
    if (!kept.has(path) && !isCopy) await files.remove(path).catch(() => undefined);
  }
  return opened;
}

async function create({ files, folder, bounds, newId }: Opening): Promise<Opened> {
  const id = newId();
  const writer = new JournalWriter({ files, folder, id }, 0, 0);
  await writer.replace([], bounds.maxBytes);
  return { id, writer, recovery: { entries: 0, tornBytes: 0, damaged: [] }, entries: [] };
}

async function recover(opening: Opening, generation: number): Promise<Opened> {
  const { files, folder } = opening;
  const path = join(folder, generationName(generation));
  const file = asBuffer(await files.read(path));
  const scan = scanJournal(file);
  if (scan.kind !== 'journal') throw refusal(path, file.length, scan);
  if (scan.generation !== undefined && scan.generation !== generation) throw renamed(path, scan.generation);
  const id = Buffer.from(scan.id ?? opening.newId());
  const isDamaged = scan.damaged.length > 0;
  const writer = new JournalWriter({ files, folder, id }, generation, scan.end);
  const copy = `${path}${DAMAGED_ENDING}`;
  try {
    if (isDamaged) await mend(writer, { files, folder, copy, file, scan });
    else await writer.resume(file.length);
  } catch (cause) {
    await writer.close();
    throw writeFailure(isDamaged ? copy : path, file.length, cause);
  }
  const recovery = {
    entries: scan.frames.reduce((sum, { entries }) => sum + entries.length, 0),
    tornBytes: file.length - scan.end,
    damaged: scan.damaged.map(gap => ({ file: copy, ...gap })),
  };
  return { id, writer, recovery, entries: entriesOf(scan) };
}

interface Mending {
  readonly files: JournalFiles;
  readonly folder: string;
  readonly copy: string;
  readonly file: Buffer;
  readonly scan: Scan;
}

async function mend(writer: JournalWriter, { files, folder, copy, file, scan }: Mending): Promise<void> {
  const draft = `${copy}${DRAFT_ENDING}`;
  await files.remove(draft).catch(() => undefined);
  const target = await files.open(draft);
  try {
    await target.write(file);
    await target.sync();
  } finally {
    await target.close();
  }
  await files.rename(draft, copy);
  await files.syncFolder(folder); // O3
  const units = scan.frames.map(({ entries }) => entries);
  await writer.replace(units, Number.POSITIVE_INFINITY);
}

function* entriesOf({ frames }: Scan): Generator<Uint8Array> {
  for (const frame of frames) for (const entry of frame.entries) yield Uint8Array.from(entry); // the file's bytes can go
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function newId(random: Random | undefined): Buffer {
  if (random === undefined) return randomBytes(16);
  return Buffer.from(Array.from({ length: 16 }, () => random.below(256)));
}

function isOurs(name: string): boolean {
  return /^\d{10}\.journal(\.damaged)?(\.new)?$/.test(name);
}

function refusal(path: string, bytes: number, { kind, ...rest }: Refusal): AiflowError {
  const details = { file: path };
  const remedy = 'move it away to start with an empty journal, or put back what was there';
  if (kind === 'foreign') {
    return new AiflowError('data-loss', `${path} is no journal: its first bytes are another file's: ${remedy}`, {
      details,
    });
  }
  if (kind === 'short') {
    const message = `journal ${path} has ${bytes} bytes, its header alone has ${HEADER_BYTES}: ${remedy}`;
    return new AiflowError('data-loss', message, { details });
  }
  const version = 'version' in rest ? rest.version : 0;
  const message = `journal ${path} has format version ${version}, this build reads ${FORMAT_VERSION}: start the build that wrote it, or move it away to start with an empty journal`;
  return new AiflowError('failed-precondition', message, { details });
}

function renamed(path: string, generation: number): AiflowError {
  const message = `journal ${path} was renamed, its header says generation ${generation}: name it ${generationName(generation)}`;
  return new AiflowError('failed-precondition', message, { details: { file: path } });
}

function report(recovery: JournalRecovery, folder: string, logger: JournalLogger | undefined): void {
  const { entries, tornBytes, damaged } = recovery;
  if (tornBytes > 0) logger?.warn('journal cut after its last whole append', { folder, entries, tornBytes });
  for (const { file, offset, bytes } of damaged) {
    logger?.warn('journal has damage: what was there is lost, the rest is kept', {
      folder,
      entries,
      file,
      offset,
      bytes,
    });
  }
}
