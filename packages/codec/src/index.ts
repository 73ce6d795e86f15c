// SPDX-License-Identifier: Apache-2.0
export { checksumOf } from './checksum.ts';
export {
  createRowCodec,
  type EncodedRows,
  isWireFormat,
  MAX_ROW_ELEMENTS,
  type RowCodec,
  type RowShape,
  WIRE_FORMATS,
  type WireFormat,
} from './row-codec.ts';
