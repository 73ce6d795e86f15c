// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { tidyPage } from './tidy-page.ts';

test('prose is filled to 120 characters and keeps its words', () => {
  const words = Array.from({ length: 60 }, (_, at) => `word${at}`);
  const prose = `${words.slice(0, 5).join(' ')}\n${words.slice(5).join(' ')}`;
  const tidy = tidyPage(prose);
  expect(Math.max(...tidy.split('\n').map(line => line.length))).toBeLessThanOrEqual(120);
  expect(tidy.trim().split(/\s+/)).toEqual(words);
});

test('tables, lists, headings, images and code stay as they are', () => {
  const row = `| ${'wide '.repeat(40)}|`;
  const page = `# Title\n\n${row}\n${row}\n\n- one\n- two\n\n![an image](a.svg)\n\n\`\`\`yaml\npower: { watts: 12 }\n\`\`\`\n`;
  expect(tidyPage(page)).toBe(page);
});

test('between blocks there is one blank line', () => {
  expect(tidyPage('one\n\n\n\ntwo\n\n\n')).toBe('one\n\ntwo\n');
});
