// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createMemoryDisk, createNodeFiles, type JournalFiles, openJournal } from './index.ts';

const clock = createSystemClock();
const text = (entry: Uint8Array): string => Buffer.from(entry).toString();
const read = async (files: JournalFiles, folder: string) => {
  const entries: string[] = [];
  const journal = await openJournal({ files, clock }, { folder }, entry => entries.push(text(entry)));
  return { journal, entries };
};

test.each(['memory', 'real'])('what was appended and rewritten is read again in order, on a %s disk', async kind => {
  const root = mkdtempSync(join(tmpdir(), 'aiflow-journal-'));
  const files = kind === 'real' ? createNodeFiles() : createMemoryDisk({ random: createSeededRandom(1) }).files;
  const folder = join(root, 'a/store');
  const first = await read(files, folder);
  await Promise.all(['one', 'two', ''].map(entry => first.journal.append([Buffer.from(entry)])));
  await expect(read(files, folder)).rejects.toMatchObject({ code: 'failed-precondition' });
  await first.journal[Symbol.asyncDispose]();
  const second = await read(files, folder);
  expect(second.entries).toEqual(['one', 'two', '']);
  await second.journal.rewrite(['three', 'four'].map(entry => Buffer.from(entry)));
  await second.journal.append([Buffer.from('five'), Buffer.from('six')]);
  await second.journal[Symbol.asyncDispose]();
  const third = await read(files, folder);
  expect(third.entries).toEqual(['three', 'four', 'five', 'six']);
  expect(third.journal.id).toBe(first.journal.id);
  await third.journal[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});
