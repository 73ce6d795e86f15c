// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readExamples, readHeldOut } from './family-examples.ts';

const QUESTION = { id: 'a', kind: 'load', question: 'q', answer: 'r' };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiflow-examples-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a family without examples or held-out questions has none', async () => {
  expect([await readExamples(folder), await readHeldOut(folder)]).toEqual([[], []]);
});

test('both come as they stand in their files', async () => {
  writeFileSync(join(folder, 'examples.json'), JSON.stringify([QUESTION]));
  writeFileSync(join(folder, 'held-out.jsonl'), `${JSON.stringify(QUESTION)}\n`);
  expect([await readExamples(folder), await readHeldOut(folder)]).toEqual([[QUESTION], [QUESTION]]);
});

test('a damaged file is named, not taken for a missing one', async () => {
  writeFileSync(join(folder, 'examples.json'), '[{');
  writeFileSync(join(folder, 'held-out.jsonl'), '{"id":"a"}');
  const examples = { code: 'data-loss', message: expect.stringContaining('examples.json') };
  await expect(readExamples(folder)).rejects.toMatchObject(examples);
  await expect(readHeldOut(folder)).rejects.toMatchObject({
    code: 'data-loss',
    message: expect.stringContaining('held-out.jsonl:1'),
  });
});
