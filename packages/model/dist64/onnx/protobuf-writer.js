// SPDX-License-Identifier: Apache-2.0
import { createWireWriter } from '@aiflow/protocol/wire';

const WIRE_TYPE = { varint: 0, lengthDelimited: 2, fixed32: 5 };
/** The encoding of the message that `write` fills. */
export function encodeProtobuf(write) {
  const wire = createWireWriter();
  write(fieldsOn(wire));
  return wire.finish();
}
function fieldsOn(wire) {
  const tagged = (field, type) => wire.uint32(field * 8 + WIRE_TYPE[type]);
  const fields = {
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
//# sourceMappingURL=protobuf-writer.js.map
