// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSystemClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createEngine } from '../src/inference/create-engine.ts';
import { openFamilyFolder } from '../src/manifest/family-folder.ts';
import { createWorkspace } from './engines.ts';
import { createRandomFamily } from './random-family.ts';

const ignore = (): void => undefined;
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

test('damaged weights are refused also where graphs built from them are cached', async () => {
  await using workspace = await createWorkspace();
  const familyFolder = workspace.path('family');
  await createRandomFamily(familyFolder);
  const open = () =>
    createEngine(
      { clock: createSystemClock({ keepAlive: true }), logger },
      { familyFolder, exits: [1], format: 'fp32', cacheFolder: workspace.path('graphs') },
    );
  await (await open())[Symbol.asyncDispose]();
  const { manifest } = await openFamilyFolder(familyFolder);
  const file = join(familyFolder, manifest.segments[0]!.file);
  const bytes = readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(file, bytes);
  await expect(open()).rejects.toMatchObject({ code: 'data-loss' });
});
