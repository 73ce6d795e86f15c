// SPDX-License-Identifier: Apache-2.0
import type { JournalFile, JournalFiles } from './journal-files.ts';
import { encodeFrame, encodeHeader, HEADER_BYTES, type Unit } from './journal-format.ts';
import { journalFull, writeFailure } from './system-error.ts';

/** A generation to be written under a name that no opening reads. */
export interface DraftPlan {
  readonly path: string;
  readonly id: Buffer;
  readonly generation: number;
  readonly units: Iterable<Unit>;
  readonly maxBytes: number;
}

/** A whole generation, on the disk, not yet under its name. */
export interface Draft {
  readonly file: JournalFile;
  readonly bytes: number;
  /** Gives it up. */
  discard(): Promise<void>;
}

/** Bytes that are gathered before they are written. */
const CHUNK_BYTES = 1 << 20;

/** Writes and syncs it. Where it rejects nothing of it stays. */
export async function writeDraft(files: JournalFiles, plan: DraftPlan): Promise<Draft> {
  const { path } = plan;
  await files.remove(path).catch(ignore);
  let file: JournalFile | undefined;
  let bytes = 0;
  const discard = async (): Promise<void> => {
    await file?.close().catch(ignore);
    await files.remove(path).catch(ignore);
  };
  try {
    file = await files.open(path);
    for (const chunk of chunksOf(plan)) {
      await file.write(chunk);
      bytes += chunk.length;
    }
    await file.sync();
    return { file, bytes, discard };
  } catch (cause) {
    await discard();
    throw writeFailure(path, bytes, cause);
  }
}

function* chunksOf(plan: DraftPlan): Generator<Buffer> {
  let chunk: Buffer[] = [];
  let chunkBytes = 0;
  for (const piece of piecesOf(plan)) {
    chunk.push(piece);
    chunkBytes += piece.length;
    if (chunkBytes < CHUNK_BYTES) continue;
    yield Buffer.concat(chunk);
    [chunk, chunkBytes] = [[], 0];
  }
  if (chunkBytes > 0) yield Buffer.concat(chunk);
}

function* piecesOf({ path, id, generation, units, maxBytes }: DraftPlan): Generator<Buffer> {
  yield encodeHeader(id, generation);
  let offset = HEADER_BYTES;
  for (const unit of sealed(units)) {
    const frame = encodeFrame(unit, { id, offset, safeBytes: offset });
    offset += frame.length;
    if (offset > maxBytes) throw journalFull(path, offset, maxBytes);
    yield frame;
  }
}

/** Units, and a seal after them if there are any (W4 of the writer). */
function* sealed(units: Iterable<Unit>): Generator<Unit> {
  let count = 0;
  for (const unit of units) {
    count += 1;
    yield unit;
  }
  if (count > 0) yield [];
}

function ignore(): void {
  return;
}
