// SPDX-License-Identifier: Apache-2.0
//
// GGUF version 3: magic, version, counts, metadata, tensor descriptions, then the data, each part 32-byte aligned.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

/** What metadata may hold here. Whole numbers are written as 32 bits unsigned. */
export type GgufValue =
  | { readonly type: 'uint32'; readonly value: number }
  | { readonly type: 'float32'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'float32s'; readonly value: readonly number[] }
  | { readonly type: 'int32s'; readonly value: readonly number[] };

/** How weights are stored. */
export type GgufFormat = 'f32' | 'q8_0' | 'q4_0';

/** One tensor; `shape` as rows by columns, the last one contiguous. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly format: GgufFormat;
  readonly bytes: Uint8Array;
}

const ALIGNMENT = 32;
const VALUE_TYPE = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 } as const;
const TENSOR_TYPE = { f32: 0, q4_0: 2, q8_0: 8 } as const;

/** The bytes of a GGUF file. */
export function encodeGguf(metadata: ReadonlyMap<string, GgufValue>, tensors: readonly GgufTensor[]): Uint8Array {
  const head: Buffer[] = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(metadata.size)];
  for (const [key, value] of metadata) head.push(text(key), encodeValue(value));
  let offset = 0;
  for (const { name, shape, format, bytes } of tensors) {
    const sizes = shape.toReversed(); // ggml counts the contiguous dimension first
    head.push(text(name), uint32(sizes.length), ...sizes.map(uint64), uint32(TENSOR_TYPE[format]), uint64(offset));
    offset += padded(bytes.byteLength);
  }
  const description = Buffer.concat(head);
  return Buffer.concat([pad(description), ...tensors.map(({ bytes }) => pad(bytes))]);
}

/** Blocks of 32 values: a half-precision scale and 32 int8. The last dimension must be a multiple of 32. */
export function quantizeQ8(values: Float32Array): Uint8Array {
  const blocks = values.length / 32;
  if (!Number.isInteger(blocks)) throw new Error(`q8_0 takes multiples of 32 values, got ${values.length}`);
  const bytes = Buffer.alloc(blocks * 34);
  for (let block = 0; block < blocks; block++) {
    const part = values.subarray(block * 32, block * 32 + 32);
    const scale = Math.max(...part.map(Math.abs)) / 127;
    bytes.writeUInt16LE(toHalf(scale), block * 34);
    for (const [index, value] of part.entries()) {
      bytes.writeInt8(scale === 0 ? 0 : Math.round(value / scale), block * 34 + 2 + index);
    }
  }
  return bytes;
}

/**
 * Blocks of 32 values: a half-precision scale and 32 times four bits, the first half of the values in the low halves of
 * the bytes. value = (code - 8) * scale, where the value furthest from 0 gets code 0. The last dimension must be a
 * multiple of 32.
 */
export function quantizeQ4(values: Float32Array): Uint8Array {
  const blocks = values.length / 32;
  if (!Number.isInteger(blocks)) throw new Error(`q4_0 takes multiples of 32 values, got ${values.length}`);
  const bytes = Buffer.alloc(blocks * 18);
  for (let block = 0; block < blocks; block++) {
    const part = values.subarray(block * 32, block * 32 + 32);
    const scale = scaleOfNibbles(part);
    bytes.writeUInt16LE(signedHalf(scale), block * 18);
    for (let index = 0; index < 16; index++) {
      const codes = nibble(part[index] ?? 0, scale) | (nibble(part[index + 16] ?? 0, scale) << 4);
      bytes.writeUInt8(codes, block * 18 + 2 + index);
    }
  }
  return bytes;
}

/** The value furthest from 0 becomes -8 steps, so a step may be negative. */
export function scaleOfNibbles(values: Float32Array): number {
  return values.reduce((far, value) => (Math.abs(value) > Math.abs(far) ? value : far), 0) / -8;
}

/** Four bits for `value`, 8 standing for 0. */
export function nibble(value: number, scale: number): number {
  return scale === 0 ? 8 : Math.max(0, Math.min(15, Math.round(value / scale) + 8));
}

function signedHalf(value: number): number {
  return value < 0 ? 0x8000 + toHalf(-value) : toHalf(value);
}

/** IEEE 754 half precision, rounded to nearest even; for scales, which are neither negative nor huge. */
export function toHalf(value: number): number {
  if (value < 2 ** -24) return 0;
  const exponent = Math.max(-14, Math.floor(Math.log2(value)));
  const mantissa = roundHalfEven(value / 2 ** (exponent - 10)); // 1024 to 2048, or less when subnormal
  return mantissa >= 1024 ? ((exponent + 14) << 10) + mantissa : mantissa;
}

function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

function encodeValue(entry: GgufValue): Buffer {
  switch (entry.type) {
    case 'uint32':
      return Buffer.concat([uint32(VALUE_TYPE.uint32), uint32(entry.value)]);
    case 'float32':
      return Buffer.concat([uint32(VALUE_TYPE.float32), float32(entry.value)]);
    case 'string':
      return Buffer.concat([uint32(VALUE_TYPE.string), text(entry.value)]);
    case 'strings':
      return encodeArray(VALUE_TYPE.string, entry.value.map(text));
    case 'float32s':
      return encodeArray(VALUE_TYPE.float32, entry.value.map(float32));
    case 'int32s':
      return encodeArray(VALUE_TYPE.int32, entry.value.map(uint32));
  }
}

function encodeArray(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(VALUE_TYPE.array), uint32(type), uint64(items.length), ...items]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.byteLength), bytes]);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function pad(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc(padded(bytes.byteLength) - bytes.byteLength)]);
}
