// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { lastLines } from './last-lines.ts';

test('the last eight lines are quoted', () => {
  const written = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`);
  expect(lastLines(written)).toBe(`; its last lines:\n${written.slice(4).join('\n')}`);
});

test('a child that wrote nothing is said to have written nothing', () => {
  expect(lastLines([])).toBe(' and wrote nothing');
});

test('lines are quoted as they are told to be, and those that are not worth it leave room for others', () => {
  const quote = (text: string): string | undefined => (text.startsWith('#') ? undefined : text.toUpperCase());
  expect(lastLines(['cause', ...Array.from({ length: 20 }, () => '# noise')], quote)).toBe('; its last lines:\nCAUSE');
  expect(lastLines(['# noise'], quote)).toBe('');
});
