// SPDX-License-Identifier: Apache-2.0
//
// The one who writes to a journal's file. Its methods are called one after another, never two at a time.
//
// W1  What stands in the file before `bytes` is whole frames. A write that fails is cut off again; where that fails too,
//     the file is not written to any more.
// W2  After an fsync that failed, a later one that succeeds proves nothing: the system may have dropped the pages and
//     forgotten it. So the file is not written to any more. Only `replace`, which makes a new file, mends this. What was
//     not answered as safe is cut off, so that a process which opens the file next does not take the page cache for the disk.
// W3  A new generation is written under another name, synced, renamed, its folder synced, and only then the old one is
//     removed. At every moment one of the two is whole under its own name, and the higher one that is there is whole.
// W4  A new generation ends with a seal, a frame without entries, and so does a file that is closed. The seal states all
//     bytes before it as safe, so that damage there is told from a torn append.
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { writeDraft } from './generation-draft.ts';
import { DRAFT_ENDING, generationName } from './generation-name.ts';
import type { JournalFile, JournalFiles } from './journal-files.ts';
import { encodeFrame, type Unit } from './journal-format.ts';
import { isFull, systemCode, writeFailure } from './system-error.ts';

/** Where a journal is, and which one. */
export interface JournalPlace {
  readonly files: JournalFiles;
  readonly folder: string;
  readonly id: Buffer;
}

/** An open file of one generation, and what of it is on the disk. */
export class JournalWriter {
  readonly #place: JournalPlace;
  #file: JournalFile | undefined;
  #generation: number;
  #bytes: number;
  #safeBytes: number;
  #failure: AiflowError | undefined;

  /** Goes on in the generation that is there, with `bytes` in it; in generation 0 nothing is there yet. */
  constructor(place: JournalPlace, generation: number, bytes: number) {
    this.#place = place;
    this.#generation = generation;
    this.#bytes = bytes;
    this.#safeBytes = bytes;
  }

  get path(): string {
    return this.#pathOf(this.#generation);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get safeBytes(): number {
    return this.#safeBytes;
  }

  /** Opens what is there, cuts it to its whole frames, and puts it on the disk. */
  async resume(fileBytes: number): Promise<void> {
    this.#file = await this.#place.files.open(this.path);
    if (fileBytes > this.#bytes) await this.#file.truncate(this.#bytes);
    await this.#file.sync();
  }

  /** Adds units to the page cache. */
  async write(units: readonly Unit[]): Promise<void> {
    const bytes = this.#encode(units);
    const file = this.#trusted();
    try {
      await file.write(bytes);
    } catch (cause) {
      await this.#cutBack(file);
      throw this.#failure ?? writeFailure(this.path, bytes.length, cause);
    }
    this.#bytes += bytes.length;
  }

  /** Puts all that was written on the disk. */
  async sync(): Promise<void> {
    const file = this.#trusted();
    try {
      await file.sync();
    } catch (cause) {
      throw this.#fail('fsync', cause); // W2
    }
    this.#safeBytes = this.#bytes;
  }

  /** Cuts off what is not known to be on the disk, as far as the disk lets it (W2). */
  async dropUnsafe(): Promise<void> {
    await this.#file?.truncate(this.#safeBytes).catch(ignore);
    this.#bytes = this.#safeBytes;
  }

  /** States what was written as safe, where there is room for that, and puts it on the disk (W4). */
  async seal(): Promise<void> {
    if (this.#failure !== undefined) return; // whoever appends was told
    await this.sync();
    await this.write([[]]).then(() => this.sync(), ignore);
  }

  /**
   * Makes the next generation of `units` and goes on in it (W3). Where it rejects, the one before stands, except where
   * the folder can't be synced: then either may.
   */
  async replace(units: Iterable<Unit>, maxBytes: number): Promise<void> {
    const { files, folder, id } = this.#place;
    const path = this.#pathOf(this.#generation + 1);
    const draftPath = `${path}${DRAFT_ENDING}`;
    const plan = { path: draftPath, id, generation: this.#generation + 1, units, maxBytes };
    const { file, bytes, discard } = await writeDraft(files, plan);
    await files.rename(draftPath, path).catch(async cause => {
      await discard();
      throw this.#renameFailure(path, cause);
    });
    const [oldFile, oldPath] = [this.#file, this.path];
    this.#generation += 1;
    this.#file = file;
    this.#bytes = this.#safeBytes = bytes;
    this.#failure = undefined;
    await oldFile?.close().catch(ignore);
    await files.syncFolder(folder).catch(cause => Promise.reject(this.#fail('fsync of the folder', cause)));
    if (this.#generation > 1) await files.remove(oldPath).catch(ignore); // what stays is removed by the next opening
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#failure ??= new AiflowError('failed-precondition', `journal ${this.path} is closed: open it again`);
    this.#file = undefined;
    await file?.close();
  }

  #encode(units: readonly Unit[]): Buffer {
    const [id, safeBytes] = [this.#place.id, this.#safeBytes];
    let offset = this.#bytes;
    const frames = units.map(unit => {
      const frame = encodeFrame(unit, { id, offset, safeBytes });
      offset += frame.length;
      return frame;
    });
    return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
  }

  /** Synced as well, or a power cut could bring back what was answered as not added. */
  async #cutBack(file: JournalFile): Promise<void> {
    try {
      await file.truncate(this.#bytes);
      await file.sync();
      this.#safeBytes = this.#bytes;
    } catch (cause) {
      this.#fail('cutting off a write that failed', cause); // W1
    }
  }

  #trusted(): JournalFile {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#file === undefined) throw new AiflowError('internal', `journal ${this.path} has no file`);
    return this.#file;
  }

  /** Without room the name is as before; after another error it may be changed, and only a new opening tells (W3). */
  #renameFailure(path: string, cause: unknown): AiflowError {
    return isFull(cause) ? writeFailure(path, 0, cause) : this.#fail('rename to the next generation', cause);
  }

  #fail(what: string, cause: unknown): AiflowError {
    const code = systemCode(cause) ?? String(cause);
    const message = `${what} of journal ${this.path} failed (${code}): nothing is appended to that file any more, and what followed its first ${this.#safeBytes} bytes may be lost with the power: rewrite the journal, or open it again`;
    this.#failure = new AiflowError('data-loss', message, { cause, details: { file: this.path } });
    return this.#failure;
  }

  #pathOf(generation: number): string {
    return join(this.#place.folder, generationName(generation));
  }
}

function ignore(): void {
  return;
}
