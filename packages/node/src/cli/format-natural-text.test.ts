// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { formatNaturalText } from './format-natural-text.ts';

const exits = [1, 11].map(depth => ({ depth, rungs: [], confidence: [] }));

test('bits per byte are a row a corpus, a column an exit; an exit without a figure is a dash', () => {
  const naturalText = { corpora: [{ corpus: 'glosses', bitsPerByte: { 1: 2.2778 } }] };
  expect(formatNaturalText({ naturalText, exits })).toMatch(/CORPUS +EXIT 1 +EXIT 11\nglosses +2\.28 +-/);
});

test('what a recipe wrote in another shape is shown as it is, and what is missing is said', () => {
  expect(formatNaturalText({ naturalText: { glosses: 2.5 }, exits })).toContain('"glosses": 2.5');
  expect(formatNaturalText({ naturalText: undefined, exits })).toMatch(/not measured/);
});
