// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { z } from 'zod';

/** The file of a family's held-out questions: one JSON object a line. */
export const SUITE_FILE = 'held-out.jsonl';

const QUESTION = z.object({
  id: z.string().min(1),
  kind: z.string().min(1),
  question: z.string().min(1),
  answer: z.string().min(1),
  /** Share of right answers that guessing gives, where the suite says so. */
  chance: z.number().min(0).max(1).optional(),
});

/** A question that the family was not trained on. An answer is right when it equals `answer`, character for character. */
export type SuiteQuestion = z.output<typeof QUESTION>;

/** All held-out questions of a family. */
export interface HeldOutSuite {
  readonly questions: readonly SuiteQuestion[];
  /** In the order of the file. */
  readonly kinds: readonly string[];
  /** Of the file. */
  readonly sha256: string;
}

/** Reads a family's suite. Throws `not-found` without one, `data-loss` naming the line that can't be used. */
export async function readSuite(familyFolder: string): Promise<HeldOutSuite> {
  const file = join(familyFolder, SUITE_FILE);
  const bytes = await readFile(file).catch(cause => {
    throw new AiflowError(
      'not-found',
      `${file} is missing or unreadable: a family is measured on its held-out questions`,
      {
        cause,
      },
    );
  });
  const lines = bytes.toString('utf8').trim().split('\n');
  const questions = lines.map((line, index) => parseQuestion(line, `${file}:${index + 1}`));
  const repeated = questions.find((question, at) => questions.findIndex(({ id }) => id === question.id) !== at);
  if (repeated !== undefined) throw new AiflowError('data-loss', `${file} holds question ${repeated.id} twice`);
  const kinds = [...new Set(questions.map(({ kind }) => kind))];
  return { questions, kinds, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function parseQuestion(line: string, place: string): SuiteQuestion {
  try {
    return QUESTION.parse(JSON.parse(line));
  } catch (cause) {
    throw new AiflowError('data-loss', `${place} is no question: expected id, kind, question and answer`, { cause });
  }
}

/**
 * `count` questions spread evenly over the kinds, always the same ones: within a kind those whose ids hash lowest. A
 * smaller selection is part of each larger one.
 */
export function selectQuestions(suite: HeldOutSuite, count: number): readonly SuiteQuestion[] {
  const byKind = suite.kinds.map(kind =>
    suite.questions
      .filter(question => question.kind === kind)
      .map(question => ({ question, rank: createHash('sha256').update(`select ${question.id}`).digest('hex') }))
      .sort((one, other) => (one.rank < other.rank ? -1 : 1)),
  );
  const longest = Math.max(0, ...byKind.map(({ length }) => length));
  const turns = Array.from({ length: longest }, (_, turn) => byKind.flatMap(kind => kind[turn] ?? []));
  return turns
    .flat()
    .slice(0, count)
    .map(({ question }) => question);
}

/**
 * What guessing gives for each kind: the mean over its questions where the suite states it for each of them, else what
 * comes of always saying the kind's most common answer.
 */
export function chanceByKind({ questions, kinds }: HeldOutSuite): ReadonlyMap<string, number> {
  return new Map(
    kinds.map(kind => {
      const own = questions.filter(question => question.kind === kind);
      const stated = own.flatMap(({ chance }) => (chance === undefined ? [] : [chance]));
      return [kind, stated.length === own.length ? mean(stated) : shareOfMostCommon(own.map(({ answer }) => answer))];
    }),
  );
}

/** Recipes set margins on one half of the suite, by this rule; measured risks are of the other half. */
export function isKeptFromCalibration(question: string): boolean {
  return (createHash('sha256').update(question).digest()[0] ?? 0) >= 128;
}

function shareOfMostCommon(answers: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return Math.max(0, ...counts.values()) / Math.max(1, answers.length);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
