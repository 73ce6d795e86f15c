// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { differenceText, durationText } from './duration-text.ts';

test.each([
  [0.5, '0.50 ms'],
  [2400, '2400 ms'],
  [12_340, '12.3 s'],
  [184_000, '3 min 4 s'],
  [3_600_130, '1 h 0 min'],
  [90_000_000, '1 d 1 h'],
  [365 * 86_400_000, '1 y 0 d'],
])('a duration of %d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));

test.each([
  [-503, '−503 ms'],
  [-3_599_988, '−1 h'],
  [3_600_000, '+1 h'],
  [365 * 86_400_000 + 800, '+1 y 0.8 s'],
  [-(86_400_000 + 61_500), '−1 d 1 min 1.5 s'],
])('a difference of %d ms is %s', (ms, text) => expect(differenceText(ms)).toBe(text));
