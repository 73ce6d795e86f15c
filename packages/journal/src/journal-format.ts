// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a journal's file, `0000000001.journal`: a header, then frames. Numbers are little-endian.
//
//   header  magic 8 | version 4 | generation 4 | journal id 16 | CRC-32 of these 4                             = 36 bytes
//   frame   mark 4 | body bytes 4 | safe bytes 4 | journal id 16 | CRC-32 4 | body                    = 32 bytes + body
//   body    for each entry: bytes 4 | entry
//
// A frame holds the entries of one append. "Safe bytes" is how much of the file was on the disk when the frame was
// written: it tells a later reader which bytes had been safe, and so damage at rest from an append that a power cut tore.
//
// F1  One frame is one unit: its CRC is right and all of its entries are read, or none.
// F2  A frame's CRC covers its offset (as the seed) and its head. A copy of a frame at another offset, as inside an
//     entry that holds a journal's bytes, is no frame there.
// F3  A frame carries the journal's id, so a file whose header is damaged keeps its id, and a frame of another journal
//     is no frame here.
// F4  Magic, the place of version, generation and id, and the header's CRC stay as they are in all versions; a version
//     with other frames takes another mark. So a newer file is told from a damaged one.
import { crc32 } from 'node:zlib';

/** The format that this build writes, and the only one that it reads. */
export const FORMAT_VERSION = 1;
export const HEADER_BYTES = 36;
export const FRAME_HEAD_BYTES = 32;
export const ENTRY_HEAD_BYTES = 4;
const ID_BYTES = 16;

/** Not text, and changed by whatever changes line ends. */
const MAGIC = Buffer.from([0x89, 0x61, 0x66, 0x6a, 0x0d, 0x0a, 0x1a, 0x0a]);
const MARK = Buffer.from([0xa7, 0x46, 0x52, 0x1e]);

/** The head of a file, or why there is none. */
export type HeaderReading =
  | { readonly kind: 'good'; readonly id: Buffer; readonly generation: number }
  | { readonly kind: 'other-version'; readonly version: number }
  /** The magic is there, the rest is not what was written. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'foreign' };

/** The entries of one append. */
export type Unit = readonly Uint8Array[];

/** One append as it was read. The entries are views of the file's bytes. */
export interface Frame {
  readonly id: Buffer;
  readonly offset: number;
  readonly end: number;
  readonly safeBytes: number;
  readonly entries: readonly Buffer[];
}

/** Where a frame goes. */
export interface FramePlace {
  readonly id: Buffer;
  readonly offset: number;
  readonly safeBytes: number;
}

/** The first bytes of a file. */
export function encodeHeader(id: Buffer, generation: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(generation, 12);
  id.copy(bytes, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 32)), 32);
  return bytes;
}

/** What stands at the head of `bytes`, which are at least {@link HEADER_BYTES}. */
export function readHeader(bytes: Buffer): HeaderReading {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: 'foreign' };
  if (crc32(bytes.subarray(0, 32)) !== bytes.readUInt32LE(32)) return { kind: 'damaged' };
  const version = bytes.readUInt32LE(8);
  if (version !== FORMAT_VERSION) return { kind: 'other-version', version }; // F4
  return { kind: 'good', id: bytes.subarray(16, 16 + ID_BYTES), generation: bytes.readUInt32LE(12) };
}

/** The bytes that a frame of `entries` takes. */
export function frameBytes(entries: Unit): number {
  return entries.reduce((sum, entry) => sum + ENTRY_HEAD_BYTES + entry.byteLength, FRAME_HEAD_BYTES);
}

/** One unit (F1). */
export function encodeFrame(entries: Unit, place: FramePlace): Buffer {
  const bytes = Buffer.alloc(frameBytes(entries));
  let at = FRAME_HEAD_BYTES;
  for (const entry of entries) {
    at = bytes.writeUInt32LE(entry.byteLength, at);
    bytes.set(entry, at);
    at += entry.byteLength;
  }
  MARK.copy(bytes);
  bytes.writeUInt32LE(bytes.length - FRAME_HEAD_BYTES, 4);
  bytes.writeUInt32LE(place.safeBytes, 8);
  place.id.copy(bytes, 12);
  bytes.writeUInt32LE(frameCrc(bytes, place.offset), 28);
  return bytes;
}

/** The frame at `offset`, of the journal `id` where that is known; undefined where none is. */
export function readFrame(file: Buffer, offset: number, id: Buffer | undefined): Frame | undefined {
  if (offset + FRAME_HEAD_BYTES > file.length) return undefined;
  if (file.compare(MARK, 0, MARK.length, offset, offset + MARK.length) !== 0) return undefined;
  const end = offset + FRAME_HEAD_BYTES + file.readUInt32LE(offset + 4);
  const ownId = file.subarray(offset + 12, offset + 12 + ID_BYTES);
  if (end > file.length || (id !== undefined && !id.equals(ownId))) return undefined; // F3
  const bytes = file.subarray(offset, end);
  if (frameCrc(bytes, offset) !== bytes.readUInt32LE(28)) return undefined; // F1, F2
  const entries = splitBody(bytes.subarray(FRAME_HEAD_BYTES));
  return entries && { id: ownId, offset, end, safeBytes: file.readUInt32LE(offset + 8), entries };
}

/** The first frame at or after `from`. */
export function findFrame(file: Buffer, from: number, id: Buffer | undefined): Frame | undefined {
  for (let at = file.indexOf(MARK, from); at !== -1; at = file.indexOf(MARK, at + 1)) {
    const frame = readFrame(file, at, id);
    if (frame !== undefined) return frame;
  }
  return undefined;
}

function frameCrc(frame: Buffer, offset: number): number {
  return crc32(frame.subarray(FRAME_HEAD_BYTES), crc32(frame.subarray(4, 28), offset));
}

function splitBody(body: Buffer): Buffer[] | undefined {
  const entries: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    if (at + ENTRY_HEAD_BYTES > body.length) return undefined;
    const end = at + ENTRY_HEAD_BYTES + body.readUInt32LE(at);
    if (end > body.length) return undefined;
    entries.push(body.subarray(at + ENTRY_HEAD_BYTES, end));
    at = end;
  }
  return entries;
}
