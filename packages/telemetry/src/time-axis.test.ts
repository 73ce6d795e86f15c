// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimeAxis } from './time-axis.ts';

const HOUR = 3_600_000;
const work = (...spans: readonly (readonly [number, number])[]): { fromMs: number; toMs: number }[] =>
  spans.map(([fromMs, toMs]) => ({ fromMs, toMs }));

test('without a long pause the axis is even', () => {
  const axis = createTimeAxis(work([0, 100], [20, 50]), 40);
  expect([0, 20, 50, 100].map(ms => axis.columnOf(ms))).toEqual([0, 8, 20, 40]);
  expect(axis.breaks).toEqual([]);
});

test('an hour between two works takes one column, and the works share the others by their lengths', () => {
  const axis = createTimeAxis(work([0, 50], [HOUR, HOUR + 100]), 31);
  expect(axis.breaks).toEqual([{ fromMs: 50, toMs: HOUR }]);
  expect([...axis.breakColumns]).toEqual([10]);
  expect([0, 50, HOUR, HOUR + 100].map(ms => axis.columnOf(ms))).toEqual([0, 10, 11, 31]);
});

test('three cuts of an hour are three breaks, and a pause no longer than the work is none', () => {
  const cuts = work(
    [0, 3000],
    [3000, 6000],
    [6000, 9000],
    [HOUR, HOUR + 10],
    [2 * HOUR, 2 * HOUR + 10],
    [3 * HOUR, 3 * HOUR + 10],
  );
  expect(createTimeAxis(cuts, 40).breaks).toHaveLength(3);
  expect(createTimeAxis(work([0, 9000], [18_000, 20_000]), 40).breaks).toEqual([]);
});

test('whatever happened when, times keep their order, stay on the sheet, and each break has its column', () => {
  const span = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3 * HOUR }), fc.nat({ max: 90_000 }))
    .map(([hours, at, length]) => ({ fromMs: hours * HOUR + at, toMs: hours * HOUR + at + length }));
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 30 }), fc.integer({ min: 8, max: 60 }), (spans, columns) => {
      const axis = createTimeAxis(spans, columns);
      const moments = spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs]).sort((a, b) => a - b);
      const placed = moments.map(ms => axis.columnOf(ms));
      expect(placed).toEqual([...placed].sort((a, b) => a - b));
      expect(placed[0]).toBe(0);
      expect(placed.at(-1)).toBeLessThanOrEqual(columns);
      expect(axis.breakColumns.size).toBe(axis.breaks.length);
      for (const column of axis.breakColumns) expect(column > 0 && column < columns).toBe(true);
    }),
  );
});
