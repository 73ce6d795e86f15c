// SPDX-License-Identifier: Apache-2.0
//
// Enough of protocol-buffers encoding to write an ONNX file. Payloads are kept as views until the end, so that a
// model's weights are copied once, into the file.

/** Appends fields to one message. */
export interface ProtobufWriter {
  integer(field: number, value: number): void;
  float(field: number, value: number): void;
  text(field: number, value: string): void;
  bytes(field: number, value: Uint8Array): void;
  message(field: number, write: (inner: ProtobufWriter) => void): void;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** The encoding of the message that `write` fills. */
export function encodeProtobuf(write: (writer: ProtobufWriter) => void): Uint8Array {
  return Buffer.concat(collect(write));
}

function collect(write: (writer: ProtobufWriter) => void): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const head = (field: number, type: number, rest: number[] = []): void => {
    chunks.push(Uint8Array.from([...varint(field * 8 + type), ...rest]));
  };
  const bytes = (field: number, value: Uint8Array): void => {
    head(field, LENGTH_DELIMITED, varint(value.byteLength));
    chunks.push(value);
  };
  write({
    bytes,
    integer: (field, value) => head(field, VARINT, varint(value)),
    float: (field, value) => {
      const fixed = new Uint8Array(4);
      new DataView(fixed.buffer).setFloat32(0, value, true);
      head(field, FIXED32, [...fixed]);
    },
    text: (field, value) => bytes(field, new TextEncoder().encode(value)),
    message: (field, writeInner) => {
      const inner = collect(writeInner);
      const length = inner.reduce((sum, chunk) => sum + chunk.byteLength, 0);
      head(field, LENGTH_DELIMITED, varint(length));
      chunks.push(...inner);
    },
  });
  return chunks;
}

/** Base 128, low group first; a negative number as its 64-bit two's complement. */
function varint(value: number): number[] {
  const groups: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    groups.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...groups, Number(rest)];
}
