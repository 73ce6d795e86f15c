// SPDX-License-Identifier: Apache-2.0
//
// Magnitudes of fp32 numbers by their bits: without the sign they are ordered as the numbers are, infinity above all
// numbers and NaN above infinity. So one pass over whole numbers finds the largest and what is not finite.

const MAGNITUDE = 0x7fffffff;

/** The bits of infinity; a magnitude of these or more is not finite. */
export const INFINITY_BITS = 0x7f800000;

const scratchValue = new Float32Array(1);
const scratchBits = new Int32Array(scratchValue.buffer);

/** The magnitude bits of the largest of `values[from]` to `values[to - 1]`; 0 when there are none. */
export function largestBits(values: Float32Array, from: number, to: number): number {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let largest = 0;
  for (let index = from; index < to; index++) {
    const magnitude = (bits[index] ?? 0) & MAGNITUDE;
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** The number that magnitude bits stand for. */
export function magnitudeOf(bits: number): number {
  scratchBits[0] = bits;
  return scratchValue[0] ?? 0;
}
