// SPDX-License-Identifier: Apache-2.0
import { createRowCodec, WIRE_FORMATS, type WireFormat } from '@aiflow/codec';
import type { RelayState } from '@aiflow/model';
import type { FeatureChunk } from '@aiflow/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkBytesFor } from './chunk-size.ts';
import { bytesPerPosition, chunksOf, joinStates, type RowTerms, readChunk } from './feature-rows.ts';

const termsOf = (wireFormat: WireFormat, includesCache = false): RowTerms => ({
  codec: createRowCodec(wireFormat),
  layer: 2,
  width: 5,
  includesCache,
  epoch: 7,
});

function stateOf(rows: number, includesCache: boolean): RelayState {
  const count = (planes: number): Float32Array =>
    Float32Array.from({ length: planes * rows * 5 }, (_, index) => ((index * 37) % 127) - 63);
  const plain = { layer: 2, from: 11, rows, canonicalRows: rows >> 1, hidden: count(1) };
  return includesCache ? { ...plain, cache: count(4).map(value => -value) } : plain;
}

test.each(WIRE_FORMATS)('%s: state comes back whole from chunks of any size', format => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 900 }),
      fc.boolean(),
      (rows, bytes, cache) => {
        const terms = termsOf(format, cache);
        const state = stateOf(rows, cache);
        let position = 11;
        const states = [...chunksOf(state, terms, bytes)].map(chunk => {
          const read = readChunk(chunk, terms, position);
          position += read.rows;
          if (read.rows > 1) expect(read.rows * bytesPerPosition(terms)).toBeLessThanOrEqual(bytes);
          return read;
        });
        const expected = state;
        const joined = joinStates(states);
        expect({ ...joined, hidden: 0, cache: 0 }).toEqual({ ...expected, hidden: 0, cache: 0 });
        expectClose(joined.hidden, expected.hidden);
        if (cache) expectClose(joined.cache, expected.cache);
      },
    ),
    { numRuns: 60 },
  );
});

describe('a chunk is refused, naming both values', () => {
  const terms = termsOf('int8');
  const [chunk] = chunksOf(stateOf(3, false), terms, 1000);
  const read =
    (change: Partial<FeatureChunk>, position = 11) =>
    () =>
      readChunk({ ...(chunk as FeatureChunk), ...change }, terms, position);

  test.each<[string, () => unknown, string, RegExp]>([
    ['of an old epoch', read({ epoch: 6 }), 'failed-precondition', /is of epoch 6, this session is at epoch 7/],
    ['that leaves a gap', read({}, 10), 'invalid-argument', /at position 11: .* leaves a gap: position 10 is the next/],
    ['that comes twice', read({}, 14), 'invalid-argument', /position 14 is the next/],
    ['of another width', read({ payload: new Uint8Array(14) }), 'invalid-argument', /14 bytes: .* in int8 takes 5/],
    ['without rows', read({ payload: new Uint8Array(0) }), 'invalid-argument', /has 0 bytes/],
    ['damaged on the way', read({ payload: new Uint8Array(15) }), 'data-loss', /has checksum \w{8}, \w{8} was sent/],
    ['with other scales', read({ scales: [1, 2, 3] }), 'data-loss', /checksum/],
  ])('%s', (_, work, code, message) => {
    expect(work).toThrow(expect.objectContaining({ code }));
    expect(work).toThrow(message);
  });
});

test.each([
  ['nothing measured', undefined, 65_536],
  ['512 kbit/s', 64_000, 3200],
  ['10 Mbit/s', 1_250_000, 62_500],
  ['19 Mbit/s', 2_375_000, 65_536],
  ['40 Mbit/s', 5_000_000, 250_000],
  ['1 Gbit/s', 125_000_000, 262_144],
])('chunks take 50 ms of the link and no more than its class allows: %s', (_, rate, bytes) => {
  expect(chunkBytesFor(rate)).toBe(bytes);
});

function expectClose(found: Float32Array | undefined, expected: Float32Array | undefined): void {
  const worst = Math.max(...(found ?? []).map((value, index) => Math.abs(value - (expected?.[index] ?? Number.NaN))));
  expect(found?.length).toBe(expected?.length);
  expect(worst).toBeLessThanOrEqual(63 / 254);
}
