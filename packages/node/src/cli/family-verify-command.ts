// SPDX-License-Identifier: Apache-2.0
import { checkFamily, openFamilyFolder } from '@aiflow/model';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { formatTable } from './format-table.ts';
import type { Terminal } from './terminal.ts';

/** `aiflow family verify`: every file with what was checked; fails with the first problem. */
export async function verifyFamily(terminal: Terminal, { folder }: { readonly folder: string }): Promise<number> {
  const family = await openFamilyFolder(resolveFamilyFolder(folder, process.cwd()));
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
