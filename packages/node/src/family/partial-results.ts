// SPDX-License-Identifier: Apache-2.0
//
// What was measured so far, a line a question, so that a run which was stopped goes on where it was.
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ANSWER_RECORD, type AnswerRecord } from './answer-record.ts';

/** Records by part and question. */
export interface PartialResults {
  /** Those of a part, by question id. */
  of(part: string): ReadonlyMap<string, AnswerRecord>;
  add(record: AnswerRecord): Promise<void>;
  /** Forgets all, also on disk. */
  clear(): Promise<void>;
}

/** Opens or begins `file`. Its last line may be cut, as a killed run leaves it: that question is measured again. */
export async function openPartialResults(file: string): Promise<PartialResults> {
  const parts = new Map<string, Map<string, AnswerRecord>>();
  const keep = (record: AnswerRecord): void => {
    const part = parts.get(record.part) ?? new Map<string, AnswerRecord>();
    parts.set(record.part, part.set(record.question, record));
  };
  await mkdir(dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const record = parseRecord(line);
    if (record !== undefined) keep(record);
  }
  if (text !== '' && !text.endsWith('\n')) await appendFile(file, '\n');
  return {
    of: part => parts.get(part) ?? new Map(),
    add: async record => {
      await appendFile(file, `${JSON.stringify(record)}\n`);
      keep(record);
    },
    clear: async () => {
      parts.clear();
      await rm(file, { force: true });
    },
  };
}

function parseRecord(line: string): AnswerRecord | undefined {
  try {
    return ANSWER_RECORD.parse(JSON.parse(line));
  } catch {
    return undefined; // a line that was being written when the run was stopped
  }
}
