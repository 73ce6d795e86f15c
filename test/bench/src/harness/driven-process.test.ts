// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDrivenProcess } from './driven-process.ts';

/** Speaks the channel's form by hand, since a child can't load TypeScript. */
const CHILD = `
process.on('disconnect', () => process.exit(0));
process.on('message', ({ id, command }) => {
  if (command === 'die') process.exit(7);
  if (command === 'fail') process.send({ id, error: 'no' });
  if (command === 'echo') process.send({ id, result: command });
});
if (process.argv[2] !== 'mute') process.send({ id: 0, result: undefined });
`;
let folder = '';
let file = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiflow-driven-'));
  file = join(folder, 'child.mjs');
  await writeFile(file, CHILD);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('carries commands and their outcomes', async () => {
  await using child = await startDrivenProcess<string>({ name: 'toy', file, args: [] });
  expect(await child.request('echo')).toBe('echo');
  await expect(child.request('fail')).rejects.toThrow('no');
});

test('a child that ends fails what waits for it, and what is asked later', async () => {
  await using child = await startDrivenProcess<string>({ name: 'toy', file, args: [] });
  await expect(child.request('die')).rejects.toThrow('toy ended with 7');
  await expect(child.request('echo')).rejects.toThrow('toy is gone');
});

test('a child that never gets ready, or never answers, is given up', async () => {
  await expect(startDrivenProcess({ name: 'toy', file, args: ['mute'], startLimitMs: 200 })).rejects.toThrow(
    'waited 200 ms for toy to start',
  );
  await using child = await startDrivenProcess<string>({ name: 'toy', file, args: [], commandLimitMs: 50 });
  await expect(child.request('ignore')).rejects.toThrow('waited 50 ms');
});
