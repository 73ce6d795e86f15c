import { expect, test } from 'vitest';
import { describe } from './results-page.ts';

const CASE = { name: 'ask', title: 'a question and its answer' };

test('a case that was never recorded says so', () => {
  expect(describe(CASE, undefined)).toContain('Not recorded yet.');
});

test('a missed aim stands in the table as NO', () => {
  const row = {
    case: 'ask',
    metric: 'p50',
    unit: 'us',
    value: 2,
    spread: [1, 3] as const,
    baseline: 1,
    against: 'raw',
    ratio: 2,
    aim: 'ratio <= 1.25',
    met: false,
    source: 'live',
  };
  const page = describe(CASE, { case: 'ask', date: '2026-01-01', commit: 'abc', machine: 'two cores', rows: [row] });
  expect(page).toContain('Run of 2026-01-01 at abc: two cores.');
  expect(page).toMatch(/\| p50 .*\| ratio <= 1\.25 \| +NO \|/);
});
