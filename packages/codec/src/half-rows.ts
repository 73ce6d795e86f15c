// SPDX-License-Identifier: Apache-2.0
//
// IEEE 754 binary16 without Float16Array, which Node 20 lacks and whose presence on later versions breaks the model
// runtime's fp16 tensors. Conversion works on the bits of fp32:
//
//   normal     add half of what is cut off, less one where the kept part is even; shift; move the exponent
//   subnormal  adding 0.5 makes the floating-point unit round at 2^-24, the unit of fp16's subnormals, ties to even
import { IS_LITTLE_ENDIAN, swapBytes } from './byte-order.ts';
import { type EncodedRows, NO_SCALES, type RowShape } from './encoded-rows.ts';
import { INFINITY_BITS, largestBits, magnitudeOf } from './magnitude.ts';
import { beyondFormat, notFinite } from './row-checks.ts';

const SIGN = 0x8000;
const INFINITE = 0x7c00;
/** 2^-14, the smallest normal number of fp16, as fp32 bits. */
const SMALLEST_NORMAL = 0x38800000;
/** 65 520, the first number that would round to infinity, as fp32 bits. */
const FIRST_TOO_LARGE = 0x477ff000;
/** What it is as a number: values are refused from here on, of which fp16 holds those up to 65 504. */
const LARGEST = 65_520;
const EXPONENT_SHIFT = 0x38000000;
const HALF = 0x3f000000;
/** Makes of an fp16 pattern, shifted to fp32's places, its value. */
const REBIAS = 2 ** 112;

const scratchValue = new Float32Array(1);
const scratchBits = new Int32Array(scratchValue.buffer);

/** fp16, rounded to nearest, ties to even. */
export function encodeHalf(values: Float32Array, shape: RowShape): EncodedRows {
  if (largestBits(values, 0, values.length) >= FIRST_TOO_LARGE) {
    throw beyondFormat('fp16', values, { shape, limit: LARGEST });
  }
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < halves.length; index++) {
    const word = bits[index] ?? 0;
    const magnitude = word & 0x7fffffff;
    const sign = (word >>> 16) & SIGN;
    halves[index] = sign | (magnitude < SMALLEST_NORMAL ? subnormal(magnitude) : normal(magnitude));
  }
  const payload = new Uint8Array(halves.buffer);
  return { payload: IS_LITTLE_ENDIAN ? payload : swapBytes(payload, 2), scales: NO_SCALES };
}

/** The inverse; exact, as every fp16 number is one of fp32. */
export function decodeHalf({ payload }: EncodedRows, shape: RowShape): Float32Array {
  const halves = new Uint16Array(shape.rows * shape.width);
  const bytes = new Uint8Array(halves.buffer);
  bytes.set(payload);
  if (!IS_LITTLE_ENDIAN) swapBytes(bytes, 2);
  const values = new Float32Array(halves.length);
  table ??= halfTable();
  for (let index = 0; index < values.length; index++) values[index] = table[halves[index] ?? 0] ?? 0;
  if (largestBits(values, 0, values.length) >= INFINITY_BITS) throw notFinite('fp16', values, shape);
  return values;
}

let table: Float32Array | undefined;

/** The value of each of the 65 536 patterns; 256 KiB, made when first needed. */
function halfTable(): Float32Array {
  return Float32Array.from({ length: 0x10000 }, (_, half) => {
    const magnitude = half & 0x7fff;
    const sign = half & SIGN ? -1 : 1;
    if (magnitude > INFINITE) return Number.NaN;
    return sign * (magnitude === INFINITE ? Infinity : magnitudeOf(magnitude << 13) * REBIAS);
  });
}

function normal(magnitude: number): number {
  return (magnitude - EXPONENT_SHIFT + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
}

function subnormal(magnitude: number): number {
  scratchBits[0] = magnitude;
  scratchValue[0] = (scratchValue[0] ?? 0) + 0.5;
  return (scratchBits[0] ?? 0) - HALF;
}
