// SPDX-License-Identifier: Apache-2.0
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The first executable of that name in `PATH` and then in `extraFolders`. */
export async function findOnPath(
  name: string,
  env: Environment,
  extraFolders: readonly string[] = [],
): Promise<string | undefined> {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(folder => folder !== ''), ...extraFolders];
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
