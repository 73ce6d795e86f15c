// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { encodeGguf, quantizeQ4, quantizeQ8, toHalf } from './gguf-file.ts';

test.each([
  [0, 0x0000],
  [1, 0x3c00],
  [0.5, 0x3800],
  [65504, 0x7bff],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [0.1, 0x2e66],
  [1 + 2 ** -11, 0x3c00], // half-way, to even
  [2 - 2 ** -12, 0x4000], // rounds up into the next exponent
])('%f is %i in half precision', (value, bits) => {
  expect(toHalf(value)).toBe(bits);
});

test('a q8_0 block is its scale and 32 int8', () => {
  const values = Float32Array.from({ length: 64 }, (_, index) => (index < 32 ? (index - 16) / 16 : 0));
  const bytes = Buffer.from(quantizeQ8(values));
  expect(bytes.byteLength).toBe(68);
  expect(bytes.readUInt16LE(0)).toBe(toHalf(1 / 127));
  expect([bytes.readInt8(2), bytes.readInt8(2 + 16), bytes.readInt8(2 + 31)]).toEqual([-127, 0, 119]);
  expect(bytes.subarray(34).every(byte => byte === 0)).toBe(true);
  expect(() => quantizeQ8(new Float32Array(33))).toThrow('multiples of 32');
});

test('a q4_0 block is its scale and 32 codes, the halves of the block in the halves of the bytes', () => {
  const values = Float32Array.from({ length: 32 }, (_, index) =>
    index === 3 ? -8 : index === 19 ? 7 : index === 20 ? 2.4 : 0,
  );
  const bytes = Buffer.from(quantizeQ4(values));
  expect(bytes.byteLength).toBe(18);
  expect(bytes.readUInt16LE(0)).toBe(toHalf(1));
  expect([bytes[2], bytes[2 + 3], bytes[2 + 4]]).toEqual([0x88, 0xf0, 0xa8]);
  // The value furthest from 0 is 8 steps down, so a positive one makes the step negative.
  const upward = Buffer.from(quantizeQ4(values.map(value => -value)));
  expect(upward.readUInt16LE(0)).toBe(0x8000 + toHalf(1));
  expect(upward[2 + 3]).toBe(0xf0);
  expect(() => quantizeQ4(new Float32Array(31))).toThrow('multiples of 32');
});

test('tensors lie at aligned offsets after an aligned header, contiguous dimension first', () => {
  const tensor = (name: string, values: number[], shape: number[]) => {
    return { name, shape, format: 'f32' as const, bytes: new Uint8Array(Float32Array.from(values).buffer) };
  };
  const bytes = Buffer.from(
    encodeGguf(new Map([['key', { type: 'uint32', value: 7 }]]), [
      tensor('a', [1, 2, 3], [3]),
      tensor('b', [4, 5, 6, 7, 8, 9], [2, 3]),
    ]),
  );
  expect(bytes.toString('latin1', 0, 4)).toBe('GGUF');
  expect([bytes.readUInt32LE(4), bytes.readBigUInt64LE(8), bytes.readBigUInt64LE(16)]).toEqual([3, 2n, 1n]);
  expect(bytes.byteLength % 32).toBe(0);
  const data = bytes.byteLength - 64;
  expect([bytes.readFloatLE(data), bytes.readFloatLE(data + 32)]).toEqual([1, 4]);
  const second = bytes.indexOf(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 'b'.charCodeAt(0)])) + 9;
  expect(bytes.readUInt32LE(second)).toBe(2);
  expect([bytes.readBigUInt64LE(second + 4), bytes.readBigUInt64LE(second + 12)]).toEqual([3n, 2n]);
  expect(bytes.readBigUInt64LE(second + 24)).toBe(32n);
});
