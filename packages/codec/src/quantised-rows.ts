// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { EncodedRows, RowShape } from './encoded-rows.ts';
import { largestBits, magnitudeOf } from './magnitude.ts';
import { beyondFormat } from './row-checks.ts';

const LARGEST_BYTE = 127;
/** 2^127: so that any byte times any scale is a finite fp32. */
const LARGEST_MAGNITUDE = 2 ** 127;
const LARGEST_SCALE = (LARGEST_MAGNITUDE / LARGEST_BYTE) * 1.001;
/** Below it a scale would lose digits as a subnormal fp32; such a row is nothing but zeros. */
const SMALLEST_MAGNITUDE = LARGEST_BYTE * 2 ** -126;
/** Added and taken away again it leaves a double rounded to whole, ties to even. */
const ROUNDER = 1.5 * 2 ** 52;

/** int8 with one scale a row: the row's largest magnitude becomes 127. */
export function encodeQuantised(values: Float32Array, shape: RowShape): EncodedRows {
  const { rows, width } = shape;
  const bytes = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    const largest = magnitudeOf(largestBits(values, from, from + width));
    if (!(largest <= LARGEST_MAGNITUDE)) throw beyondFormat('int8', values, { shape, limit: LARGEST_MAGNITUDE });
    if (largest < SMALLEST_MAGNITUDE) continue;
    scales[row] = largest / LARGEST_BYTE;
    quantise(values, bytes, { from, to: from + width, factor: LARGEST_BYTE / largest });
  }
  return { payload: new Uint8Array(bytes.buffer), scales };
}

/** The inverse. @throws AiflowError for a scale that no row has. */
export function decodeQuantised({ payload, scales }: EncodedRows, { rows, width }: RowShape): Float32Array {
  const bytes = new Int8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  const values = new Float32Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    const scale = scales[row] ?? 0;
    if (!(scale >= 0 && scale <= LARGEST_SCALE)) throw badScale(scale, row);
    const end = (row + 1) * width;
    for (let index = row * width; index < end; index++) values[index] = (bytes[index] ?? 0) * scale;
  }
  return values;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly factor: number;
}

function quantise(values: Float32Array, bytes: Int8Array, { from, to, factor }: Span): void {
  for (let index = from; index < to; index++) bytes[index] = (values[index] ?? 0) * factor + ROUNDER - ROUNDER;
}

function badScale(scale: number, row: number): AiflowError {
  return new AiflowError(
    'invalid-argument',
    `int8 rows: the scale of row ${row} is ${scale}: a scale is a number from 0 to 2^127 / 127`,
    { details: { row: String(row) } },
  );
}
