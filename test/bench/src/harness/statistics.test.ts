// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { median, quantile, spread } from './statistics.ts';

test('interpolates between neighbours and ignores the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 1, 5, 2])).toBe(3.5);
  expect(quantile([0, 100], 0.99)).toBeCloseTo(99);
  expect(spread([3, -1, 2])).toEqual([-1, 3]);
});

test('has no number for nothing', () => {
  expect(median([])).toBeNaN();
});
