// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HELD_OUT_FILE, readHeldOutSuite } from './held-out-suite.ts';

function folderWith(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'aiflow-suite-'));
  writeFileSync(join(folder, HELD_OUT_FILE), lines.join('\n'));
  return folder;
}

const good = '{"id":"a","kind":"load","question":"q","answer":"a"}';

test('questions come as they stand in the file, with what guessing gives where it is stated', async () => {
  const stated = '{"id":"b","kind":"rank","question":"r","answer":"b","chance":0.25,"note":"not read"}';
  const suite = await readHeldOutSuite(folderWith([good, stated]));
  expect(suite.questions).toEqual([
    { id: 'a', kind: 'load', question: 'q', answer: 'a' },
    { id: 'b', kind: 'rank', question: 'r', answer: 'b', chance: 0.25 },
  ]);
  expect(suite.kinds).toEqual(['load', 'rank']);
});

test('a line that is no question is named with its number', async () => {
  await expect(readHeldOutSuite(folderWith([good, '{"id":"b"}']))).rejects.toThrow(/held-out\.jsonl:2 is no question/);
  await expect(readHeldOutSuite(folderWith([good, good]))).rejects.toThrow(/question a twice/);
  await expect(readHeldOutSuite('/nowhere')).rejects.toMatchObject({ code: 'not-found' });
});
