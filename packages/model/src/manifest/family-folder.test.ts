// SPDX-License-Identifier: Apache-2.0
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkspace, type Workspace } from '../../test/engines.ts';
import { createRandomFamily } from '../../test/random-family.ts';
import { openFamilyFolder } from './family-folder.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

async function family(name: string): Promise<string> {
  const folder = workspace.path(name);
  await createRandomFamily(folder);
  return folder;
}

test('a missing folder and a missing segment are named', async () => {
  await expect(openFamilyFolder(workspace.path('none'))).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('none/manifest.json is missing'),
  });
  const folder = await family('incomplete');
  await rm(`${folder}/exit-3-rung-2.safetensors`);
  const { manifest, read } = await openFamilyFolder(folder);
  await expect(read(manifest.segments.find(one => one.id === 'exit-3-rung-2')!)).rejects.toMatchObject({
    code: 'not-found',
    details: { file: `${folder}/exit-3-rung-2.safetensors` },
  });
});

test('a truncated segment is refused with both lengths, a changed one with both hashes', async () => {
  const folder = await family('damaged');
  const { manifest, read } = await openFamilyFolder(folder);
  const [embedding, trunk] = manifest.segments;
  await truncate(`${folder}/${embedding!.file}`, 100);
  await expect(read(embedding!)).rejects.toMatchObject({
    code: 'data-loss',
    message: expect.stringContaining(`has 100 bytes, expected ${embedding!.bytes}`),
  });
  const bytes = await readFile(`${folder}/${trunk!.file}`);
  bytes[200]! ^= 1;
  await writeFile(`${folder}/${trunk!.file}`, bytes);
  await expect(read(trunk!)).rejects.toMatchObject({
    code: 'data-loss',
    message: expect.stringContaining(`expected ${trunk!.sha256}`),
  });
});

test('another family than the expected one is refused with both names', async () => {
  await expect(openFamilyFolder(await family('other'), 'nano')).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('is family random, expected nano'),
  });
});
