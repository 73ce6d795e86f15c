// SPDX-License-Identifier: Apache-2.0
import { createWireWriter, type WireWriter } from '@aiflow/protocol/wire';

/** Appends fields to one message, tag and value together. */
export interface ProtobufWriter {
  integer(field: number, value: number): void;
  float(field: number, value: number): void;
  text(field: number, value: string): void;
  bytes(field: number, value: Uint8Array): void;
  message(field: number, write: (inner: ProtobufWriter) => void): void;
}

const WIRE_TYPE = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

/** The encoding of the message that `write` fills. */
export function encodeProtobuf(write: (writer: ProtobufWriter) => void): Uint8Array {
  const wire = createWireWriter();
  write(fieldsOn(wire));
  return wire.finish();
}

function fieldsOn(wire: WireWriter): ProtobufWriter {
  const tagged = (field: number, type: keyof typeof WIRE_TYPE): WireWriter => wire.uint32(field * 8 + WIRE_TYPE[type]);
  const fields: ProtobufWriter = {
    integer: (field, value) => void tagged(field, 'varint').int64(value),
    float: (field, value) => void tagged(field, 'fixed32').float(value),
    text: (field, value) => void tagged(field, 'lengthDelimited').string(value),
    bytes: (field, value) => void tagged(field, 'lengthDelimited').bytes(value),
    message: (field, write) => {
      tagged(field, 'lengthDelimited').fork();
      write(fields);
      wire.ldelim();
    },
  };
  return fields;
}
