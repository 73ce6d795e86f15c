// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createSystemClock } from '@aiflow/time';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorkspace, SILENT, type Workspace } from '../../test/engines.ts';
import { createGraphCache, type GraphCache } from './graph-cache.ts';

const clock = createSystemClock();
const cacheIn = (folder: string, maxBytes = 1000): GraphCache =>
  createGraphCache({ logger: SILENT, clock }, { folder, maxBytes });

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
  const first = counting(cacheIn(folder));
  const path = await first.get(['a'], 'content a');
  expect(await readFile(path, 'utf8')).toBe('content a');
  expect(await first.get(['a'], 'unused')).toBe(path);
  const second = counting(cacheIn(folder));
  expect(await second.get(['a'], 'unused')).toBe(path);
  await second.get(['b'], 'content b');
  expect([first.built, second.built]).toEqual([1, 1]);
});

test('whatever happened to the files, what is returned has the built content', async () => {
  const folder = workspace.path('damage');
  const cache = counting(cacheIn(folder));
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
  const caches = Array.from({ length: 5 }, () => counting(cacheIn(folder)));
  const paths = await Promise.all(caches.map(cache => cache.get(['a'], 'content')));
  expect(new Set(paths).size).toBe(1);
  expect((await readdir(folder)).length).toBe(2);
});

test('a build that fails leaves nothing and is tried again', async () => {
  const folder = workspace.path('failing');
  const cache = cacheIn(folder);
  await expect(cache.pathOf(['a'], () => Promise.reject(new Error('no weights')))).rejects.toThrow('no weights');
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
  expect(await readFile(await cache.pathOf(['a'], async () => Uint8Array.of(65)), 'utf8')).toBe('A');
});

test('a folder that cannot be written is refused with file, bytes and remedy', async () => {
  const folder = workspace.path('file');
  await writeFile(folder, 'no folder');
  await expect(counting(cacheIn(folder)).get(['a'], 'content')).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringMatching(/^cannot write .*file.*\.onnx, which needs 7 bytes \(E\w+\): name another/),
  });
});

describe('graphs beyond the bound', () => {
  const DAY_MS = 86_400_000;
  const use = async (folder: string, daysAgo: number): Promise<void> => {
    const at = new Date(clock.wallMs() - daysAgo * DAY_MS);
    for (const name of await readdir(folder)) {
      const { mtimeMs } = await stat(`${folder}/${name}`);
      if (clock.wallMs() - mtimeMs < DAY_MS) await utimes(`${folder}/${name}`, at, at);
    }
  };

  test('go when they were not used for longest; what was used again stays', async () => {
    const folder = workspace.path('bounded');
    const roomy = counting(cacheIn(folder));
    const cache = counting(cacheIn(folder, 250));
    for (const [index, part] of ['a', 'b', 'c'].entries()) {
      await roomy.get([part], part.repeat(100));
      await use(folder, 9 - index);
    }
    await cache.get(['a'], 'unused');
    await cache.get(['d'], 'd'.repeat(100));
    const contents = (await readdir(folder)).filter(name => name.endsWith('.onnx'));
    const kept = await Promise.all(contents.map(name => readFile(`${folder}/${name}`, 'utf8')));
    expect(kept.map(text => text[0]).sort()).toEqual(['a', 'd']);
    expect((await readdir(folder)).length).toBe(4);
    const { built } = cache;
    await cache.get(['b'], 'b'.repeat(100));
    expect(cache.built).toBe(built + 1);
  });

  test('stay while they are in use, even when they alone are over it', async () => {
    const folder = workspace.path('in-use');
    const cache = counting(cacheIn(folder, 50));
    for (const part of ['a', 'b']) await cache.get([part], part.repeat(100));
    expect((await readdir(folder)).length).toBe(4);
  });

  test('go with what a crashed writer left, but not with what one is writing', async () => {
    const folder = workspace.path('crashed');
    await mkdir(folder);
    await writeFile(`${folder}/x.onnx.1.tmp`, 'left');
    await use(folder, 2);
    await writeFile(`${folder}/x.onnx.2.tmp`, 'being written');
    await counting(cacheIn(folder)).get(['a'], 'content');
    const names = await readdir(folder);
    expect(names.filter(name => name.endsWith('.tmp'))).toEqual(['x.onnx.2.tmp']);
  });

  test('of two keys with one content go together', async () => {
    const folder = workspace.path('shared');
    const cache = counting(cacheIn(folder, 150));
    for (const part of ['a', 'b']) await cache.get([part], 'x'.repeat(100));
    await use(folder, 3);
    await cache.get(['c'], 'c'.repeat(100));
    expect((await readdir(folder)).length).toBe(2);
  });
});
