// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkspace, SILENT, type Workspace } from '../../test/engines.ts';
import { createGraphCache, type GraphCache } from './graph-cache.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

function counting(cache: GraphCache): {
  get(parts: readonly string[], content: string): Promise<string>;
  built: number;
} {
  const counter = {
    built: 0,
    get: (parts: readonly string[], content: string) =>
      cache.pathOf(parts, async () => {
        counter.built++;
        return new TextEncoder().encode(content);
      }),
  };
  return counter;
}

test('a graph is built once, also across caches of one folder, and anew for other parts', async () => {
  const folder = workspace.path('once');
  const first = counting(createGraphCache({ logger: SILENT }, folder));
  const path = await first.get(['a'], 'content a');
  expect(await readFile(path, 'utf8')).toBe('content a');
  expect(await first.get(['a'], 'unused')).toBe(path);
  const second = counting(createGraphCache({ logger: SILENT }, folder));
  expect(await second.get(['a'], 'unused')).toBe(path);
  await second.get(['b'], 'content b');
  expect([first.built, second.built]).toEqual([1, 1]);
});

test('whatever happened to the files, what is returned has the built content', async () => {
  const folder = workspace.path('damage');
  const cache = counting(createGraphCache({ logger: SILENT }, folder));
  const path = await cache.get(['a'], 'content');
  const entry = (await readdir(folder)).find(name => name.endsWith('.json'))!;
  const damages = [
    () => writeFile(path, 'contenx'),
    () => rm(path),
    () => writeFile(`${folder}/${entry}`, '{"sha256":"../../etc/passwd"}'),
    () => rm(`${folder}/${entry}`),
  ];
  for (const [index, damage] of damages.entries()) {
    await damage();
    expect(await readFile(await cache.get(['a'], 'content'), 'utf8')).toBe('content');
    expect(cache.built).toBe(index + 2);
  }
});

test('builders at the same time end with one whole entry and no temporary files', async () => {
  const folder = workspace.path('race');
  const caches = Array.from({ length: 5 }, () => counting(createGraphCache({ logger: SILENT }, folder)));
  const paths = await Promise.all(caches.map(cache => cache.get(['a'], 'content')));
  expect(new Set(paths).size).toBe(1);
  expect((await readdir(folder)).length).toBe(2);
});

test('a build that fails leaves nothing and is tried again', async () => {
  const folder = workspace.path('failing');
  const cache = createGraphCache({ logger: SILENT }, folder);
  await expect(cache.pathOf(['a'], () => Promise.reject(new Error('no weights')))).rejects.toThrow('no weights');
  expect(await readdir(folder)).toEqual([]);
  expect(await readFile(await cache.pathOf(['a'], async () => Uint8Array.of(65)), 'utf8')).toBe('A');
});
