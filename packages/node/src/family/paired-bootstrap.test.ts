import { createSeededRandom } from '@aiflow/time';
import { expect, test } from 'vitest';
import { bootstrapDifference } from './paired-bootstrap.ts';

test('equal answers differ by nothing, and the interval is nothing wide', () => {
  expect(bootstrapDifference(new Map([['load', [0, 0, 0]]]))).toEqual({ difference: 0, low: 0, high: 0 });
});

test('kinds count alike, however many questions they have', () => {
  const pairs = new Map([
    ['load', [1]],
    ['route', Array.from({ length: 99 }, () => 0)],
  ]);
  expect(bootstrapDifference(pairs).difference).toBe(0.5);
});

test('the interval is that of the normal approximation where questions are many, and the same every time', () => {
  const random = createSeededRandom('pairs');
  const values = Array.from({ length: 2000 }, (): number => (random.next() < 0.3 ? 1 : random.next() < 0.2 ? -1 : 0));
  const { difference, low, high } = bootstrapDifference(new Map([['load', values]]));
  const variance = values.reduce((sum, value) => sum + (value - difference) ** 2, 0) / values.length;
  const half = 1.96 * Math.sqrt(variance / values.length);
  expect(high - difference).toBeCloseTo(half, 2);
  expect(difference - low).toBeCloseTo(half, 2);
  expect(bootstrapDifference(new Map([['load', values]]))).toEqual({ difference, low, high });
});
