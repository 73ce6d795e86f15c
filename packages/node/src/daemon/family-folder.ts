// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { AiflowError, isName } from '@aiflow/protocol';

/**
 * Where a family lies: a path relative to `baseFolder`, or the plain name of a family that is installed as a package
 * (`nano` is `@aiflow/family-nano`). Throws `not-found` with the remedy for a name that is not installed.
 */
export function resolveFamilyFolder(folder: string, baseFolder: string): string {
  if (!isName(folder)) return resolve(baseFolder, folder);
  const name = `@aiflow/family-${folder}`;
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch (cause) {
    throw new AiflowError(
      'not-found',
      `model family '${folder}' is not installed: install ${name}, or write the folder as a path such as ./${folder}`,
      {
        cause,
      },
    );
  }
}
