// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { parseCommand } from './command-line.ts';

test('takes cases and flags in any order', () => {
  expect(parseCommand(['--quick', 'ask', '--json'], ['ask', 'engine'])).toEqual({
    cases: ['ask'],
    quick: true,
    json: true,
    record: false,
  });
});

test('refuses an unknown case, an unknown flag, and a recording of small samples', () => {
  expect(() => parseCommand(['aks'], ['ask', 'engine'])).toThrow('no bench case is named aks: there are ask, engine');
  expect(() => parseCommand(['--fast'], ['ask'])).toThrow('--fast');
  expect(() => parseCommand(['--quick', '--record'], ['ask'])).toThrow('full runs only');
});
