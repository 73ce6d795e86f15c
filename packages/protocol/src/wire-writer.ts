// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs/minimal.js';

/**
 * Writes the protocol-buffers wire format by hand, for formats that are not ours, such as ONNX files. A field is its
 * tag, `uint32((number << 3) | wireType)`, then its value; a message within a message stands between `fork` and `ldelim`.
 */
export interface WireWriter {
  /** A varint of 32 bits; also a field's tag. */
  uint32(value: number): WireWriter;
  /** A varint of 64 bits; exact for safe integers. */
  int64(value: number): WireWriter;
  float(value: number): WireWriter;
  double(value: number): WireWriter;
  /** Length and bytes. */
  bytes(value: Uint8Array): WireWriter;
  /** Length and UTF-8 bytes. */
  string(value: string): WireWriter;
  /** Begins a length-delimited part. */
  fork(): WireWriter;
  /** Ends the part begun last and writes its length before it. */
  ldelim(): WireWriter;
  /** What was written. Call it once. */
  finish(): Uint8Array;
}

/** An empty writer. */
export function createWireWriter(): WireWriter {
  return protobuf.Writer.create();
}
