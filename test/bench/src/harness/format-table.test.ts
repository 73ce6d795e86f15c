// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { formatNumber, formatTable } from './format-table.ts';
import type { Row } from './row.ts';

const row: Row = {
  ...{ case: 'toy', metric: 'ours', unit: 'us', value: 120.04, spread: [100, 1400], baseline: 100, against: 'peer' },
  ...{ ratio: 1.2, aim: 'ratio <= 1.1', met: false, source: 'live' },
};

test('shows value, spread, ratio and a missed aim', () => {
  expect(formatTable([row], 'plain').split('\n')[1]?.split(/ {2,}/)).toEqual([
    'ours',
    '120 us',
    '100 - 1,400',
    '1.2x',
    'ratio <= 1.1',
    'NO',
    'live',
  ]);
});

test('shows why a value is missing, and that it is not met', () => {
  const missing: Row = {
    ...row,
    value: null,
    spread: null,
    ratio: null,
    aim: null,
    source: 'missing',
    note: 'no peer',
  };
  const line = formatTable([missing], 'markdown').split('\n')[2];
  expect(line).toMatch(/\| +NO \|/);
  expect(line).toContain('missing: no peer');
});

test('rounds to three digits', () => {
  expect([0.12345, 97_923.4, 3, 12.345].map(formatNumber)).toEqual(['0.123', '97,923', '3', '12.3']);
});
