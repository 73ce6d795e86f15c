// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checksumOf, createRowCodec, isWireFormat, WIRE_FORMATS, type WireFormat } from './index.ts';

const HALF_MAX = 65_504;
const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const rowsOf = (element: fc.Arbitrary<number>): fc.Arbitrary<{ rows: number; width: number; values: Float32Array }> =>
  fc
    .record({ rows: fc.integer({ min: 1, max: 5 }), width: fc.integer({ min: 1, max: 37 }) })
    .chain(({ rows, width }) =>
      fc
        .array(element, { minLength: rows * width, maxLength: rows * width })
        .map(values => ({ rows, width, values: Float32Array.from(values) })),
    );

function roundTrip(format: WireFormat, { rows, width, values }: { rows: number; width: number; values: Float32Array }) {
  const codec = createRowCodec(format);
  return codec.decode(codec.encode(values, { rows, width }), { rows, width });
}

describe('what comes back', () => {
  test('fp32 is the same bit for bit', () => {
    fc.assert(
      fc.property(rowsOf(finite), sample => {
        expect(Buffer.from(roundTrip('fp32', sample).buffer)).toEqual(Buffer.from(sample.values.buffer));
      }),
    );
  });

  test('fp16 is the nearest number that fp16 has, with even ties', () => {
    const table = halfTable();
    fc.assert(
      fc.property(rowsOf(fc.float({ min: -HALF_MAX, max: HALF_MAX, noNaN: true })), sample => {
        const back = roundTrip('fp16', sample);
        expect(back).toEqual(sample.values.map(value => nearestHalf(table, value)));
      }),
      { numRuns: 300 },
    );
  });

  test('fp16 gives each of its own 63,488 finite patterns back', () => {
    const patterns = Uint16Array.from({ length: 0x10000 }, (_, pattern) => pattern).filter(
      pattern => (pattern & 0x7c00) !== 0x7c00,
    );
    expect(patterns.length).toBe(63_488);
    const codec = createRowCodec('fp16');
    const shape = { rows: 1, width: patterns.length };
    const values = codec.decode({ payload: new Uint8Array(patterns.buffer), scales: new Float32Array(0) }, shape);
    expect(new Uint16Array(codec.encode(values, shape).payload.buffer)).toEqual(patterns);
    expect(values).toEqual(Float32Array.from(patterns, valueOfHalf));
  });

  test.each([
    ['a tie below an even pattern goes down', 1 + 2 ** -11, 1],
    ['a tie above an odd pattern goes up', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ['just above a tie goes up', 1 + 2 ** -11 + 2 ** -23, 1 + 2 ** -10],
    ['the tie below the smallest subnormal goes to zero', 2 ** -25, 0],
    ['just above it goes to the smallest subnormal', 2 ** -25 + 2 ** -48, 2 ** -24],
    ['the largest subnormal rounds into the normal range', 2 ** -14 - 2 ** -26, 2 ** -14],
    ['the last number that still fits', 65_519.99609375, HALF_MAX],
  ])('fp16: %s', (_, value, expected) => {
    for (const sign of [1, -1]) {
      const [back] = roundTrip('fp16', { rows: 1, width: 1, values: Float32Array.of(sign * value) });
      expect(back).toBe(sign * expected);
    }
  });

  test('int8 is off by at most half a scale, which is 1/254 of the largest of the row', () => {
    fc.assert(
      fc.property(rowsOf(fc.float({ min: -(2 ** 126), max: 2 ** 126, noNaN: true })), sample => {
        const back = roundTrip('int8', sample);
        for (let row = 0; row < sample.rows; row++) {
          const span = [row * sample.width, (row + 1) * sample.width] as const;
          const largest = sample.values.subarray(...span).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          const bound = (largest / 254) * (1 + 1e-4) + 127 * 2 ** -126;
          sample.values.subarray(...span).forEach((value, column) => {
            expect(Math.abs((back[span[0] + column] ?? Number.NaN) - value)).toBeLessThanOrEqual(bound);
          });
        }
      }),
    );
  });

  test('int8 keeps rows apart: a large row costs its neighbour nothing', () => {
    const values = Float32Array.of(1e30, -2e30, 127, -1);
    expect([...roundTrip('int8', { rows: 2, width: 2, values })].slice(2)).toEqual([127, -1]);
  });

  test.each(WIRE_FORMATS)('%s: encoding what was decoded gives the same payload', format => {
    fc.assert(
      fc.property(rowsOf(fc.float({ min: -1000, max: 1000, noNaN: true })), ({ rows, width, values }) => {
        const codec = createRowCodec(format);
        const once = codec.encode(values, { rows, width });
        expect(codec.encode(codec.decode(once, { rows, width }), { rows, width }).payload).toEqual(once.payload);
      }),
    );
  });

  test.each(WIRE_FORMATS)('%s: bytes and scales are as many as bytesPerRow says', format => {
    const codec = createRowCodec(format);
    const { payload, scales } = codec.encode(new Float32Array(3 * 384).fill(0.5), { rows: 3, width: 384 });
    expect(payload.byteLength + scales.byteLength).toBe(3 * codec.bytesPerRow(384));
  });

  test.each(WIRE_FORMATS)('%s: a payload may begin anywhere in its buffer, and input is left as it was', format => {
    const codec = createRowCodec(format);
    const values = Float32Array.of(0.25, -3, 1e-3, 7);
    const { payload, scales } = codec.encode(values, { rows: 2, width: 2 });
    const shifted = new Uint8Array(payload.byteLength + 1);
    shifted.set(payload, 1);
    const straight = codec.decode({ payload, scales }, { rows: 2, width: 2 });
    expect(codec.decode({ payload: shifted.subarray(1), scales }, { rows: 2, width: 2 })).toEqual(straight);
    expect(values).toEqual(Float32Array.of(0.25, -3, 1e-3, 7));
  });
});

describe('refusals', () => {
  const cases = WIRE_FORMATS.flatMap(format =>
    [Number.NaN, Infinity, -Infinity].map(value => [format, value] as const),
  );
  test.each(cases)('%s: %d in row 1, column 2 is refused by name and place when encoded', (format, value) => {
    const values = new Float32Array(9);
    values[5] = value;
    expect(() => createRowCodec(format).encode(values, { rows: 3, width: 3 })).toThrow(
      `${format} rows: the value at row 1, column 2 of shape [3, 3] is ${value}`,
    );
  });

  test.each([
    ['fp32', 0x7fc00000, Number.NaN],
    ['fp32', 0x7f800000, Infinity],
    ['fp16', 0x7e00, Number.NaN],
    ['fp16', 0xfc00, -Infinity],
  ] as const)('%s: pattern 0x%s is refused by name and place when decoded', (format, pattern, value) => {
    const codec = createRowCodec(format);
    const { payload } = codec.encode(new Float32Array(6), { rows: 2, width: 3 });
    const size = payload.byteLength / 6;
    if (size === 4) Buffer.from(payload.buffer).writeUInt32LE(pattern, 4 * size);
    else Buffer.from(payload.buffer).writeUInt16LE(pattern, 4 * size);
    expect(() => codec.decode({ payload, scales: new Float32Array(0) }, { rows: 2, width: 3 })).toThrow(
      `${format} rows: the value at row 1, column 1 of shape [2, 3] is ${value}`,
    );
  });

  test.each([Number.NaN, Infinity, -1, 3e38])('int8: a scale of %d is refused, naming its row', scale => {
    const codec = createRowCodec('int8');
    const encoded = codec.encode(Float32Array.of(1, 2), { rows: 2, width: 1 });
    const scales = Float32Array.of(encoded.scales[0] ?? 0, scale);
    expect(() => codec.decode({ ...encoded, scales }, { rows: 2, width: 1 })).toThrow('the scale of row 1 is');
  });

  test('fp16 refuses what it can not hold, and says what can', () => {
    const encode = (): unknown => createRowCodec('fp16').encode(Float32Array.of(1, 65_520), { rows: 1, width: 2 });
    expect(encode).toThrow(/row 0, column 1 is 65520, fp16 holds magnitudes below 65520: send these rows as fp32/);
    expect(encode).toThrow(expect.objectContaining({ code: 'out-of-range' }));
  });

  test('int8 refuses magnitudes whose product with a scale could overflow', () => {
    const encode = (): unknown => createRowCodec('int8').encode(Float32Array.of(3e38), { rows: 1, width: 1 });
    expect(encode).toThrow(
      /row 0, column 0 is 3\S+e\+38, int8 holds magnitudes below 1.70\S+e\+38: send these rows as fp32/,
    );
  });

  test.each(WIRE_FORMATS)('%s: a payload of another length is refused with both lengths', format => {
    const codec = createRowCodec(format);
    const { payload, scales } = codec.encode(new Float32Array(8), { rows: 2, width: 4 });
    fc.assert(
      fc.property(fc.nat({ max: 4 * payload.byteLength }), length => {
        fc.pre(length !== payload.byteLength);
        expect(() => codec.decode({ payload: new Uint8Array(length), scales }, { rows: 2, width: 4 })).toThrow(
          `a payload of ${length} bytes, expected ${payload.byteLength}`,
        );
      }),
    );
  });

  test.each([
    ['int8', 1, '1 scales, expected 2'],
    ['int8', 3, '3 scales, expected 2'],
    ['fp16', 2, '2 scales, expected 0'],
  ] as const)('%s: %d scales are refused', (format, count, message) => {
    const codec = createRowCodec(format);
    const { payload } = codec.encode(new Float32Array(8), { rows: 2, width: 4 });
    const scales = new Float32Array(count);
    expect(() => codec.decode({ payload, scales }, { rows: 2, width: 4 })).toThrow(message);
  });

  test('values that do not fill the shape, and shapes that are none, are refused', () => {
    const codec = createRowCodec('fp32');
    expect(() => codec.encode(new Float32Array(5), { rows: 2, width: 3 })).toThrow('5 values, expected 6');
    for (const shape of [
      { rows: 0, width: 3 },
      { rows: 1.5, width: 2 },
      { rows: -1, width: -3 },
      { rows: 2 ** 20, width: 2 ** 20 },
    ]) {
      expect(() => codec.encode(new Float32Array(3), shape)).toThrow('is not allowed');
    }
  });

  test('a format that nobody knows is refused with those that are known', () => {
    expect(isWireFormat('bf16')).toBe(false);
    expect(() => createRowCodec('bf16' as WireFormat)).toThrow("'bf16' is not known: use one of fp32, fp16, int8");
  });
});

test('the checksum sees every bit of payload and scales', () => {
  const encoded = createRowCodec('int8').encode(Float32Array.of(1, -2, 3, 4), { rows: 2, width: 2 });
  const whole = checksumOf(encoded);
  for (let bit = 0; bit < 8 * encoded.payload.byteLength; bit++) {
    const payload = encoded.payload.slice();
    payload[bit >> 3] = (payload[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(checksumOf({ ...encoded, payload })).not.toBe(whole);
  }
  expect(checksumOf({ ...encoded, scales: Float32Array.of(1, 2) })).not.toBe(whole);
});

/** All finite, non-negative fp16 numbers, ascending; index is pattern. */
function halfTable(): readonly number[] {
  return Array.from({ length: 0x7c00 }, (_, pattern) => valueOfHalf(pattern));
}

/** By the definition of IEEE 754, with none of the code under test. */
function valueOfHalf(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 0x1f;
  const fraction = pattern & 0x3ff;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function nearestHalf(table: readonly number[], value: number): number {
  const magnitude = Math.abs(value);
  let [low, high] = [0, table.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((table[middle] ?? 0) <= magnitude) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitude - (table[low] ?? 0), (table[high] ?? 0) - magnitude];
  const pattern = below < above || (below === above && low % 2 === 0) ? low : high;
  return (value < 0 || Object.is(value, -0) ? -1 : 1) * (table[pattern] ?? 0);
}
