// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBufferPool } from './buffer-pool.ts';
import { createHeadStore, type HeadStore } from './head-store.ts';

const SHAPE = { heads: 3, headSize: 2, chunkRows: 4, maxRows: 22 };
const WIDTH = SHAPE.heads * SHAPE.headSize;

function emptyStore(): HeadStore {
  return createHeadStore(createBufferPool({ maxBytes: 1 << 20 }), SHAPE);
}

/** Row `row` holds `100 * row` and on. */
function rowsFrom(row: number, count: number): Float32Array {
  return Float32Array.from(
    { length: count * WIDTH },
    (_, index) => 100 * (row + Math.floor(index / WIDTH)) + (index % WIDTH),
  );
}

test('rows come back as they were put, whatever pieces they came in and went out by', () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(pieces, fc.nat(), fc.nat(), (counts, first, second) => {
      const store = emptyStore();
      let rows = 0;
      for (const count of counts) {
        const taken = Math.min(count, SHAPE.maxRows - rows);
        store.write(rows, rowsFrom(rows - 1, taken + 1), { start: WIDTH, count: taken });
        rows += taken;
      }
      const [from = 0, to = 0] = [first % (rows + 1), second % (rows + 1)].sort((left, right) => left - right);
      const target = new Float32Array(3 + (to - from) * WIDTH);
      store.copyTo(target, 3, { from, to });
      expect(target.subarray(3)).toEqual(rowsFrom(from, to - from));
    }),
  );
});

test("a chunk holds one head's rows after the other's", () => {
  const store = emptyStore();
  store.write(0, rowsFrom(0, 6), { start: 0, count: 6 });
  const chunks = store.chunks(6);
  expect(chunks.length).toBe(2 * SHAPE.chunkRows * WIDTH);
  expect([...chunks.subarray(0, 8)]).toEqual([0, 1, 100, 101, 200, 201, 300, 301]);
  expect([...chunks.subarray(8, 10)]).toEqual([2, 3]);
  expect([...chunks.subarray(24, 28)]).toEqual([400, 401, 500, 501]);
});

test('a row can be replaced; those beside it stay', () => {
  const store = emptyStore();
  store.write(0, rowsFrom(0, 9), { start: 0, count: 9 });
  store.write(5, rowsFrom(77, 1), { start: 0, count: 1 });
  const target = new Float32Array(3 * WIDTH);
  store.copyTo(target, 0, { from: 4, to: 7 });
  expect([...target].filter((_, index) => index % WIDTH === 0)).toEqual([400, 7700, 600]);
});

test('more rows than the context are refused, naming both', () => {
  expect(() => emptyStore().write(20, rowsFrom(20, 3), { start: 0, count: 3 })).toThrow(
    "23 positions exceed the family's context of 22",
  );
});

test('a view stays the same while it covers the same chunks, also of another buffer', () => {
  const store = emptyStore();
  store.write(0, rowsFrom(0, 3), { start: 0, count: 3 });
  const first = store.chunks(3);
  store.write(3, rowsFrom(3, 1), { start: 0, count: 1 });
  expect(store.chunks(4)).toBe(first);
  store.write(4, rowsFrom(4, 6), { start: 0, count: 6 });
  expect(store.chunks(10)).not.toBe(first);
  const again = store.chunks(4);
  expect([again.length, again.buffer === first.buffer]).toEqual([first.length, false]);
  expect(again).toEqual(first);
});
