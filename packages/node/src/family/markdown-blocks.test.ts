import { expect, test } from 'vitest';
import { fillBlocks, markdownTable } from './markdown-blocks.ts';

const page = 'before\n<!-- measured: exits -->\nold\n<!-- end of exits -->\nafter\n';

test('the text between the marks is replaced, as often as one likes', () => {
  const once = fillBlocks(page, new Map([['exits', 'new']]));
  expect(once).toBe('before\n<!-- measured: exits -->\nnew\n<!-- end of exits -->\nafter\n');
  expect(fillBlocks(once, new Map([['exits', 'new']]))).toBe(once);
});

test('a page without the marks stays as it is, and one with half of them is refused', () => {
  expect(fillBlocks('plain', new Map([['exits', 'new']]))).toBe('plain');
  expect(() => fillBlocks('<!-- measured: exits -->', new Map([['exits', 'new']]))).toThrow(/end of exits/);
});

test('a table has one line a row', () => {
  expect(markdownTable(['a', 'b'], [['1', '2']])).toBe('| a | b |\n| --- | --: |\n| 1 | 2 |');
});
