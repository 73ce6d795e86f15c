import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkFamily, openFamilyFolder } from '../src/index.ts';
import { floatValues, integerValues, readSafetensors } from '../src/manifest/safetensors.ts';
import { createWorkspace, type Workspace } from './engines.ts';
import { createRandomFamily, encodeSafetensors } from './random-family.ts';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

async function familyAt(name: string): Promise<string> {
  const folder = workspace.path(name);
  await createRandomFamily(folder);
  return folder;
}

test('a whole family is told file by file, the tokenizer last', async () => {
  const folder = await familyAt('whole');
  const family = await openFamilyFolder(folder);
  const checked = await checkFamily(family);
  expect(checked).toHaveLength(family.manifest.segments.length + 1);
  for (const { tensors } of checked.slice(0, -1)) expect(tensors).toBeGreaterThan(1);
  expect(checked.at(-1)).toMatchObject({ file: 'tokenizer.json', tensors: 0 });
});

test('a tensor of another shape is named with its file, however well size, hash and count fit', async () => {
  const folder = await familyAt('turned');
  const { manifest } = await openFamilyFolder(folder);
  const entry = manifest.segments.find(({ holds }) => holds.kind === 'exit' && holds.rung === 1);
  const path = join(folder, entry?.file ?? '');
  const tensors: Record<string, { values: Int8Array | Float32Array; shape: readonly number[] }> = {};
  for (const [name, tensor] of readSafetensors(await readFile(path), path)) {
    const values = tensor.type === 'I8' ? integerValues(tensor) : floatValues(tensor);
    const isTurned = name.endsWith('gate_up.right');
    tensors[name] = { values, shape: isTurned ? tensor.shape.toReversed() : tensor.shape };
  }
  const bytes = encodeSafetensors(tensors as Parameters<typeof encodeSafetensors>[0]);
  expect(bytes.byteLength).toBe(entry?.bytes);
  await writeFile(path, bytes);
  const text = await readFile(join(folder, 'manifest.json'), 'utf8');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(folder, 'manifest.json'), text.replaceAll(entry?.sha256 ?? '', sha256));
  await expect(checkFamily(await openFamilyFolder(folder))).rejects.toMatchObject({
    code: 'data-loss',
    message: expect.stringMatching(/^exit-\d+-rung-1\.safetensors: tensor exits\.\d+\.feed_forward\.gate_up\.right/),
  });
});

test('a file that is missing is named', async () => {
  const folder = await familyAt('short');
  await rm(join(folder, 'tokenizer.json'));
  await expect(checkFamily(await openFamilyFolder(folder))).rejects.toThrow(/tokenizer\.json is missing/);
});
