// SPDX-License-Identifier: Apache-2.0
//
// What a journal's bytes say, with no file touched. Between frames there may be gaps: bytes that are no frame.
//
// S1  A gap is damage if it begins in bytes that some frame states as safe. All frames after it are kept.
// S2  The first gap beyond the safe bytes is torn, and so is all that follows, whole frames too: they were written after
//     it and no one was told that they are safe. What is kept of appends that were under way is so a prefix of them.
// S3  A gap at the end of which no later frame speaks counts as torn.
import { type Frame, findFrame, HEADER_BYTES, type HeaderReading, readFrame, readHeader } from './journal-format.ts';

/** Bytes that can't be read, of a file that is not named here. */
export interface Gap {
  readonly offset: number;
  readonly bytes: number;
}

/** A file that is no journal of this build's. */
export type Refusal = Exclude<HeaderReading, { kind: 'good' | 'damaged' }> | { readonly kind: 'short' };

/** A journal as it can be read. */
export interface Scan {
  readonly kind: 'journal';
  /** Undefined when the header is damaged and no frame is left to tell it. */
  readonly id: Buffer | undefined;
  /** Undefined when the header is damaged. */
  readonly generation: number | undefined;
  readonly frames: readonly Frame[];
  readonly damaged: readonly Gap[];
  /** The file without what is torn. */
  readonly end: number;
}

/** Reads all of a file. */
export function scanJournal(file: Buffer): Scan | Refusal {
  if (file.length < HEADER_BYTES) return { kind: 'short' };
  const header = readHeader(file);
  if (header.kind === 'other-version') return header;
  if (header.kind === 'good') return { generation: header.generation, ...scanFrames(file, header.id, []) };
  const first = findFrame(file, 0, undefined);
  if (header.kind === 'foreign' && first === undefined) return header;
  return { generation: undefined, ...scanFrames(file, first?.id, [{ offset: 0, bytes: HEADER_BYTES }]) };
}

function scanFrames(file: Buffer, id: Buffer | undefined, damagedHead: readonly Gap[]): Omit<Scan, 'generation'> {
  const { frames, gaps } = splitFrames(file, id);
  const safeBytes = frames.at(-1)?.safeBytes ?? 0;
  const torn = gaps.find(gap => gap.offset >= safeBytes); // S2, S3
  const end = torn?.offset ?? file.length;
  return {
    kind: 'journal',
    id,
    frames: frames.filter(frame => frame.offset < end),
    damaged: [...damagedHead, ...gaps.filter(gap => gap.offset < end)], // S1
    end,
  };
}

function splitFrames(file: Buffer, id: Buffer | undefined): { frames: Frame[]; gaps: Gap[] } {
  const frames: Frame[] = [];
  const gaps: Gap[] = [];
  for (let at = HEADER_BYTES; at < file.length; ) {
    const frame = readFrame(file, at, id) ?? findFrame(file, at + 1, id);
    const next = frame?.offset ?? file.length;
    if (next > at) gaps.push({ offset: at, bytes: next - at });
    if (frame !== undefined) frames.push(frame);
    at = frame?.end ?? file.length;
  }
  return { frames, gaps };
}
