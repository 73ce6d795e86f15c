// SPDX-License-Identifier: Apache-2.0
import { createNodeFiles, openJournal } from '@aiflow/journal';
import { createSystemClock } from '@aiflow/time';

const collaborators = { files: createNodeFiles(), clock: createSystemClock() };
const text = new TextEncoder();

/** Adds two notes that are there together or not at all, and gives all notes that were there before. */
export async function keepNotes(folder: string): Promise<string[]> {
  const notes: string[] = [];
  const readNote = (entry: Uint8Array): void => void notes.push(new TextDecoder().decode(entry));
  await using journal = await openJournal(collaborators, { folder }, readNote);
  await journal.append([text.encode('tunnel entered'), text.encode('answer 7 waits')]);
  return notes;
}
