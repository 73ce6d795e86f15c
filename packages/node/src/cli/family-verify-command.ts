// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { checkFamily, openFamilyFolder } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { formatTable } from './format-table.ts';
import type { Terminal } from './terminal.ts';

/** `aiflow family verify`: every file with what was checked; fails with the first problem. */
export async function verifyFamily(terminal: Terminal, { folder }: { readonly folder: string }): Promise<number> {
  const path = resolveFamilyFolder(folder, process.cwd());
  await checkFolder(path);
  const family = await openFamilyFolder(path);
  const files = await checkFamily(family);
  terminal.out(
    formatTable(
      [
        { title: 'FILE', value: ({ file }) => file },
        { title: 'BYTES', value: ({ bytes }) => String(bytes), align: 'right' },
        { title: 'TENSORS', value: ({ tensors }) => (tensors === 0 ? '-' : String(tensors)), align: 'right' },
        { title: 'SIZE, HASH, SHAPES', value: () => 'as the manifest says' },
      ],
      files,
    ),
  );
  const { manifest } = family;
  terminal.out(`${manifest.family} ${manifest.version}: ${files.length} files are whole\n`);
  return EXIT_STATUS.ok;
}

/** A file in place of its folder is a mistake in the command, and no copy of the family would mend it. */
async function checkFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined); // what is not there is told with the manifest that it lacks
  if (found === undefined || found.isDirectory()) return;
  throw new AiflowError(
    'invalid-argument',
    `${path} is no folder: give the folder of a family, which holds its manifest.json, or a family's name such as nano`,
  );
}
