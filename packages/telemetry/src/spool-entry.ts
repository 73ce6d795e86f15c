// SPDX-License-Identifier: Apache-2.0
//
// Entries of a span spool's journal. Numbers are little-endian.
//
//   span      1 | sequence 8 (float64) | trace id 16 | span as JSON, see span-record.ts
//   exported  2 | sequence 8: this span and all before it are with the collector
//
// An entry with another first byte is of a later build and is passed over.
import { parseSpanRecord, type SpanRecord } from './span-record.ts';

/** One span as it is kept: its JSON is read only when somebody asks. */
export interface SpooledSpan {
  /** Grows by the order in which spans ended here, across restarts. */
  readonly sequence: number;
  readonly traceId: string;
  readonly bytes: Buffer;
}

/** What an entry says. */
export type SpoolEntry = { readonly span: SpooledSpan } | { readonly exportedThrough: number };

const SPAN = 1;
const EXPORTED = 2;
const SEQUENCE_END = 9;
const HEAD_BYTES = 25;

/** The entry of one span. */
export function encodeSpan(span: SpanRecord, sequence: number): SpooledSpan {
  const json = JSON.stringify(span);
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(json));
  bytes.writeUInt8(SPAN);
  bytes.writeDoubleLE(sequence, 1);
  bytes.write(span.traceId, SEQUENCE_END, 'hex');
  bytes.write(json, HEAD_BYTES);
  return { sequence, traceId: span.traceId, bytes };
}

/** The entry that says how far the export came. */
export function encodeExported(sequence: number): Buffer {
  const bytes = Buffer.alloc(SEQUENCE_END);
  bytes.writeUInt8(EXPORTED);
  bytes.writeDoubleLE(sequence, 1);
  return bytes;
}

/** Undefined for an entry that this build does not know. The bytes are copied. */
export function decodeEntry(entry: Uint8Array): SpoolEntry | undefined {
  const bytes = Buffer.from(entry);
  const sequence = bytes.length < SEQUENCE_END ? Number.NaN : bytes.readDoubleLE(1);
  if (!Number.isSafeInteger(sequence)) return undefined;
  if (bytes[0] === EXPORTED) return { exportedThrough: sequence };
  if (bytes[0] !== SPAN || bytes.length <= HEAD_BYTES) return undefined;
  return { span: { sequence, traceId: bytes.toString('hex', SEQUENCE_END, HEAD_BYTES), bytes } };
}

/** The span itself; undefined when it is none. */
export function readSpan({ bytes }: SpooledSpan): SpanRecord | undefined {
  try {
    return parseSpanRecord(JSON.parse(bytes.toString('utf8', HEAD_BYTES)), 'spooled span');
  } catch {
    return undefined;
  }
}
