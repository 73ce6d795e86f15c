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

/** The scripted life of a journal: appends alone and together, rewrites among them, and an end and a beginning between. */
export async function live(files: JournalFiles, ledger: Ledger, folder = FOLDER): Promise<void> {
  const first = (await openAt(files, folder)).journal;
  await ledger.append(first, ['alone']);
  await Promise.all([
    ledger.append(first, ['together']),
    ledger.append(first, ['a unit', 'u'.repeat(70), '']),
    ledger.append(first, ['t'.repeat(50)]),
  ]);
  await ledger.rewrite(first, ['rewritten', 'r'.repeat(60)]);
  await Promise.all([ledger.append(first, ['after']), ledger.append(first, ['the', 'rewrite'])]);
  await first[Symbol.asyncDispose]();
  const second = (await openAt(files, folder)).journal;
  await ledger.append(second, ['second life']);
  await Promise.all([
    ledger.append(second, ['before']),
    ledger.rewrite(second, ['again', 'and', 'again']),
    ledger.append(second, ['behind']),
  ]);
  await ledger.rewrite(second, []);
  await ledger.append(second, ['last']);
  await second[Symbol.asyncDispose]();
}
