// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeAim, isMet } from './aim.ts';

test('compares the value or the ratio, bounds included', () => {
  expect(isMet({ of: 'ratio', atMost: 1.25 }, 900, 1.25)).toBe(true);
  expect(isMet({ of: 'ratio', atMost: 1.25 }, 1, 1.26)).toBe(false);
  expect(isMet({ of: 'value', atLeast: 3 }, 3, null)).toBe(true);
  expect(isMet({ of: 'value', atLeast: 3 }, 2.9, 100)).toBe(false);
  expect(isMet({ of: 'value', atLeast: 1, atMost: 2 }, 2.1, null)).toBe(false);
});

test('is not met by what is missing or not a number', () => {
  expect(isMet({ of: 'ratio', atMost: 2 }, 1, null)).toBe(false);
  expect(isMet({ of: 'ratio', atMost: 2 }, null, 1)).toBe(false);
  expect(isMet({ of: 'ratio', atLeast: 2 }, 1, Infinity)).toBe(false);
  expect(isMet(undefined, Number.NaN, null)).toBe(false);
  expect(isMet(undefined, null, null)).toBe(false);
});

test('says what it asks for', () => {
  expect(describeAim({ of: 'ratio', atMost: 1.25 })).toBe('ratio <= 1.25');
  expect(describeAim({ of: 'value', atLeast: 1, atMost: 2 })).toBe('value >= 1 and value <= 2');
});
