// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { parseJsonFields } from './json-fields.ts';

/** The file of a family's held-out questions: one JSON object a line. */
export const HELD_OUT_FILE = 'held-out.jsonl';

/** A question that the family was not trained on. An answer is right when it equals `answer`, character for character. */
export interface HeldOutQuestion {
  readonly id: string;
  readonly kind: string;
  readonly question: string;
  readonly answer: string;
  /** Share of right answers that guessing gives, where the suite says so. */
  readonly chance?: number;
}

/** All held-out questions of a family. */
export interface HeldOutSuite {
  readonly questions: readonly HeldOutQuestion[];
  /** In the order of the file. */
  readonly kinds: readonly string[];
  /** Of the file. */
  readonly sha256: string;
}

const ANY_TEXT = /[\s\S]/;

/** Reads a family's suite. Throws `not-found` without one, `data-loss` naming the line that can't be used. */
export async function readHeldOutSuite(familyFolder: string): Promise<HeldOutSuite> {
  const file = join(familyFolder, HELD_OUT_FILE);
  const bytes = await readFile(file).catch(cause => {
    const message = `${file} is missing or unreadable: a family is measured on its held-out questions`;
    throw new AiflowError('not-found', message, { cause });
  });
  const lines = bytes.toString('utf8').trim().split('\n');
  const questions = lines.map((line, index) => parseQuestion(line, `${file}:${index + 1}`));
  const ids = new Set<string>();
  for (const { id } of questions) {
    if (ids.has(id)) throw new AiflowError('data-loss', `${file} holds question ${id} twice`);
    ids.add(id);
  }
  const kinds = [...new Set(questions.map(({ kind }) => kind))];
  return { questions, kinds, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function parseQuestion(line: string, place: string): HeldOutQuestion {
  try {
    const fields = parseJsonFields(line, place);
    return {
      id: fields.text('id', ANY_TEXT),
      kind: fields.text('kind', ANY_TEXT),
      question: fields.text('question', ANY_TEXT),
      answer: fields.text('answer', ANY_TEXT),
      ...(fields.has('chance') ? { chance: fields.share('chance') } : {}),
    };
  } catch (cause) {
    throw new AiflowError('data-loss', `${place} is no question: expected id, kind, question and answer`, { cause });
  }
}
