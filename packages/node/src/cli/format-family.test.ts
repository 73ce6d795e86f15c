// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { leastRisks } from '../family/family-rows.ts';
import { formatFamily } from './format-family.ts';

const exit = (depth: number, ...margins: number[]) => ({
  ...{ depth, rungs: [] },
  confidence: margins.map((margin, index) => ({ risk: (index + 1) / 100, margin })),
});

const manifest = {
  ...{ family: 'toy', version: '1', licence: 'Apache-2.0', segments: [], featureSpaces: [] },
  dimensions: { layers: 5, hidden: 8, vocabulary: 16, context: 32 },
  exits: [exit(1, 2, 0), exit(3, 0, 0, 0), exit(5)],
} as unknown as Parameters<typeof formatFamily>[0];

test("of an exit's equal margins only the smallest risk is shown", () => {
  const [, table = ''] = formatFamily(manifest, undefined).split('confidence: of tokens');
  const rows = [...table.matchAll(/^ *(\d) +(\d\.\d\d %) +(\d\.\d\d) /gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual([
    ['1', '1.00 %', '2.00'],
    ['1', '2.00 %', '0.00'],
    ['3', '1.00 %', '0.00'],
  ]);
});

test('margins of different exits are different rows', () => {
  const rows = [
    { exit: 1, margin: 0 },
    { exit: 3, margin: 0 },
    { exit: 3, margin: 0.5 },
  ];
  expect(leastRisks(rows)).toEqual(rows);
});
