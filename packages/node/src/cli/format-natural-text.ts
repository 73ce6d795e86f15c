// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '@aiflow/model';
import { z } from 'zod';
import { figure } from '../family/family-rows.ts';
import { type Column, formatTable } from './format-table.ts';

const NATURAL_TEXT = z.object({
  corpora: z.array(z.object({ corpus: z.string(), bitsPerByte: z.record(z.string(), z.number()) })),
});

type Corpus = z.infer<typeof NATURAL_TEXT>['corpora'][number];

/** Bits per byte by corpus and exit. The manifest leaves the shape to the recipe: an unknown one is shown as it is. */
export function formatNaturalText({ naturalText, exits }: Pick<FamilyManifest, 'naturalText' | 'exits'>): string {
  if (naturalText === undefined || naturalText === null) return 'bits per byte of natural text: not measured\n';
  const known = NATURAL_TEXT.safeParse(naturalText);
  if (!known.success) return `natural text\n${JSON.stringify(naturalText, null, 1)}\n`;
  const columns: readonly Column<Corpus>[] = [
    { title: 'CORPUS', value: ({ corpus }) => corpus },
    ...exits.map(({ depth }) => ({
      title: `EXIT ${depth}`,
      value: ({ bitsPerByte }: Corpus) => figure.number(bitsPerByte[depth]),
      align: 'right' as const,
    })),
  ];
  return `bits per byte of natural text\n${formatTable(columns, known.data.corpora)}`;
}
