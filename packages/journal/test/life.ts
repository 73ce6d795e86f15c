// SPDX-License-Identifier: Apache-2.0
import { createSystemClock } from '@aiflow/time';
import { type Durability, type Journal, type JournalFiles, openJournal } from '../src/index.ts';
import type { Ledger } from './ledger.ts';

export const FOLDER = '/disk/store';
const clock = createSystemClock();

/** A journal that was opened, and the entries that it gave out. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly entries: readonly string[];
}

export async function openAt(
  files: JournalFiles,
  folder = FOLDER,
  durability: Durability = 'each',
): Promise<OpenedJournal> {
  const entries: string[] = [];
  const keep = (entry: Uint8Array): void => void entries.push(Buffer.from(entry).toString());
  const journal = await openJournal({ files, clock }, { folder, durability }, keep);
  return { journal, entries };
}

export type Change = readonly ['append' | 'rewrite', readonly string[]];

/** What is asked for together, in lives from an opening to a closing. */
export const LIVES: readonly (readonly (readonly Change[])[])[] = [
  [
    [['append', ['alone']]],
    [
      ['append', ['together']],
      ['append', ['a unit', 'u'.repeat(70), '']],
      ['append', ['t'.repeat(50)]],
    ],
    [['rewrite', ['rewritten', 'r'.repeat(60)]]],
    [
      ['append', ['after']],
      ['append', ['the', 'rewrite']],
    ],
  ],
  [
    [['append', ['second life']]],
    [
      ['append', ['before']],
      ['rewrite', ['again', 'and', 'again']],
      ['append', ['behind']],
    ],
    [['rewrite', []]],
    [['append', ['last']]],
  ],
];

/** Lives all of it. */
export async function live(files: JournalFiles, ledger: Ledger): Promise<void> {
  for (const life of LIVES) {
    const { journal } = await openAt(files);
    for (const together of life) {
      await Promise.all(together.map(([kind, entries]) => ledger[kind](journal, entries)));
    }
    await journal[Symbol.asyncDispose]();
  }
}
