// SPDX-License-Identifier: Apache-2.0
//
// The one who writes to a journal's file. Its methods are called one after another, never two at a time.
//
// W1  What stands in the file before `bytes` is whole frames. A write that fails is cut off again; where that fails too,
//     the file is not written to any more.
// W2  After an fsync that failed, a later one that succeeds proves nothing: the system may have dropped the pages and
//     forgotten it. So the file is not written to any more. Only `replace`, which makes a new file, mends this.
// W3  A new generation is written under another name, synced, renamed, its folder synced, and only then the old one is
//     removed. At every moment one of the two is whole under its own name, and the higher one that is there is whole.
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { DRAFT_ENDING, generationName } from './generation-name.ts';
import type { JournalFile, JournalFiles } from './journal-files.ts';
import { encodeFrame, encodeHeader, HEADER_BYTES } from './journal-format.ts';
import { journalFull, systemCode, writeFailure } from './system-error.ts';

/** One append's entries. */
export type Unit = readonly Uint8Array[];

/** Where a journal is, and which one. */
export interface JournalPlace {
  readonly files: JournalFiles;
  readonly folder: string;
  readonly id: Buffer;
}

interface Draft {
  readonly file: JournalFile;
  readonly bytes: number;
}

/** Bytes that are gathered before they are written to a new generation. */
const CHUNK_BYTES = 1 << 20;

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
      throw writeFailure(this.path, bytes.length, cause);
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

  /**
   * Makes the next generation of `units` and goes on in it (W3). Where it rejects, the one before stands, except where
   * the folder can't be synced: then either may.
   */
  async replace(units: Iterable<Unit>, maxBytes: number): Promise<void> {
    const { files, folder } = this.#place;
    const path = this.#pathOf(this.#generation + 1);
    const draft = `${path}${DRAFT_ENDING}`;
    const { file, bytes } = await this.#writeDraft(draft, path, units, maxBytes);
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

  async #writeDraft(draft: string, path: string, units: Iterable<Unit>, maxBytes: number): Promise<Draft> {
    const { files } = this.#place;
    let [file, bytes]: [JournalFile | undefined, number] = [undefined, 0];
    try {
      await files.remove(draft).catch(ignore);
      file = await files.open(draft);
      for (const chunk of this.#chunks(units, maxBytes)) {
        await file.write(chunk);
        bytes += chunk.length;
      }
      await file.sync();
      await files.rename(draft, path);
      return { file, bytes };
    } catch (cause) {
      await file?.close().catch(ignore);
      await files.remove(draft).catch(ignore);
      throw writeFailure(draft, bytes, cause);
    }
  }

  *#chunks(units: Iterable<Unit>, maxBytes: number): Generator<Buffer> {
    const { id } = this.#place;
    let waiting = [encodeHeader(id, this.#generation + 1)];
    let [offset, waitingBytes] = [HEADER_BYTES, HEADER_BYTES];
    for (const unit of units) {
      const frame = encodeFrame(unit, { id, offset, safeBytes: offset });
      offset += frame.length;
      if (offset > maxBytes) throw journalFull(this.#place.folder, offset, maxBytes);
      waiting.push(frame);
      waitingBytes += frame.length;
      if (waitingBytes < CHUNK_BYTES) continue;
      yield Buffer.concat(waiting);
      [waiting, waitingBytes] = [[], 0];
    }
    yield Buffer.concat(waiting);
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

  async #cutBack(file: JournalFile): Promise<void> {
    await file.truncate(this.#bytes).catch(cause => this.#fail('cutting off a write that failed', cause)); // W1
  }

  #trusted(): JournalFile {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#file === undefined) throw new AiflowError('internal', `journal ${this.path} has no file`);
    return this.#file;
  }

  #fail(what: string, cause: unknown): AiflowError {
    const loss = `what was appended after its first ${this.#safeBytes} bytes may be lost with the power`;
    const message = `${what} of journal ${this.path} failed (${systemCode(cause) ?? cause}): ${loss}; rewrite the journal, or open it again`;
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
