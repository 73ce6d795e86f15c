// SPDX-License-Identifier: Apache-2.0
//
// Rows of hidden states as bytes, in the order they are held: row after row, little-endian, no header. What is constant
// (format, shape, feature space) is said once where a stream opens; a chunk of it carries payload and scales alone.
//
//   fp32   4 bytes an element, bit for bit
//   fp16   2 bytes, rounded to the nearest, ties to even
//   int8   1 byte, and one fp32 scale a row: element = byte * scale, scale = largest magnitude / 127
//
// R1  `decode(encode(rows))` errs by 0 in fp32, by half a unit of the last place in fp16 (at most 2^-11 of the element
//     down to 2^-14), and in int8 by half a scale, which is at most 1/254 of the row's largest magnitude.
// R2  A value that is not finite never passes, in either direction: the error names format, row and column.
// R3  Encoding what was decoded gives the same payload again.
import { AiflowError } from '@aiflow/protocol';
import type { EncodedRows, RowShape } from './encoded-rows.ts';
import { decodeHalf, encodeHalf } from './half-rows.ts';
import { decodeQuantised, encodeQuantised } from './quantised-rows.ts';
import { checkElements, checkPayload, checkShape } from './row-checks.ts';
import { decodeSingle, encodeSingle } from './single-rows.ts';

export type { EncodedRows, RowShape } from './encoded-rows.ts';
export { MAX_ROW_ELEMENTS } from './row-checks.ts';

/** The numbers rows travel in. */
export type WireFormat = 'fp32' | 'fp16' | 'int8';

/** All of them, the finest first. */
export const WIRE_FORMATS: readonly WireFormat[] = ['fp32', 'fp16', 'int8'];

/** Whether `text` names a wire format. */
export function isWireFormat(text: string): text is WireFormat {
  return (WIRE_FORMATS as readonly string[]).includes(text);
}

/** Turns rows into bytes and back. It keeps nothing and leaves what it is given as it is. */
export interface RowCodec {
  readonly format: WireFormat;
  /** Bytes of one row of `width` elements, its scale included. */
  bytesPerRow(width: number): number;
  /** The same without the scale. */
  payloadBytesPerRow(width: number): number;
  /**
   * @throws AiflowError `invalid-argument` where `values` has not `rows * width` elements or one of them is not finite,
   * naming its row and column; `out-of-range` for one that fp16 or int8 can't hold.
   */
  encode(values: Float32Array, shape: RowShape): EncodedRows;
  /** @throws AiflowError `invalid-argument` for a payload or scales of another size, or a value that is not finite. */
  decode(encoded: EncodedRows, shape: RowShape): Float32Array;
}

interface Numbers {
  readonly elementBytes: number;
  readonly hasScales: boolean;
  readonly encode: (values: Float32Array, shape: RowShape) => EncodedRows;
  readonly decode: (encoded: EncodedRows, shape: RowShape) => Float32Array;
}

const NUMBERS: Readonly<Record<WireFormat, Numbers>> = {
  fp32: { elementBytes: 4, hasScales: false, encode: encodeSingle, decode: decodeSingle },
  fp16: { elementBytes: 2, hasScales: false, encode: encodeHalf, decode: decodeHalf },
  int8: { elementBytes: 1, hasScales: true, encode: encodeQuantised, decode: decodeQuantised },
};

const SCALE_BYTES = 4;

/** The codec of a format. @throws AiflowError `invalid-argument` for a format that is not one of {@link WIRE_FORMATS}. */
export function createRowCodec(format: WireFormat): RowCodec {
  if (!isWireFormat(format)) {
    throw new AiflowError(
      'invalid-argument',
      `wire format '${String(format)}' is not known: use one of ${WIRE_FORMATS.join(', ')}`,
    );
  }
  const { elementBytes, hasScales, encode, decode } = NUMBERS[format];
  return {
    format,
    bytesPerRow: width => width * elementBytes + (hasScales ? SCALE_BYTES : 0),
    payloadBytesPerRow: width => width * elementBytes,
    encode: (values, shape) => {
      checkShape(format, shape);
      checkElements(format, values, shape);
      return encode(values, shape);
    },
    decode: (encoded, shape) => {
      checkShape(format, shape);
      checkPayload(format, encoded, { shape, elementBytes, hasScales });
      return decode(encoded, shape);
    },
  };
}
