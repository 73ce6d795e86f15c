// SPDX-License-Identifier: Apache-2.0
import { IS_LITTLE_ENDIAN, swapBytes } from './byte-order.ts';
import { type EncodedRows, NO_SCALES, type RowShape } from './encoded-rows.ts';
import { INFINITY_BITS, largestBits } from './magnitude.ts';
import { notFinite } from './row-checks.ts';

/** fp32: the values as they are. */
export function encodeSingle(values: Float32Array, shape: RowShape): EncodedRows {
  checkFinite(values, shape);
  const payload = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  return { payload: IS_LITTLE_ENDIAN ? payload : swapBytes(payload, 4), scales: NO_SCALES };
}

/** The inverse. The payload may begin anywhere in its buffer, hence the copy. */
export function decodeSingle({ payload }: EncodedRows, shape: RowShape): Float32Array {
  const values = new Float32Array(shape.rows * shape.width);
  const bytes = new Uint8Array(values.buffer);
  bytes.set(payload);
  if (!IS_LITTLE_ENDIAN) swapBytes(bytes, 4);
  checkFinite(values, shape);
  return values;
}

function checkFinite(values: Float32Array, shape: RowShape): void {
  if (largestBits(values, 0, values.length) >= INFINITY_BITS) throw notFinite('fp32', values, shape);
}
