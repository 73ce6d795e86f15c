// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { HeldOutQuestion, HeldOutSuite } from '@aiflow/model';

/**
 * `count` questions spread evenly over the kinds, always the same ones: within a kind those whose ids hash lowest. A
 * smaller selection is part of each larger one.
 */
export function selectQuestions(suite: HeldOutSuite, count: number): readonly HeldOutQuestion[] {
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
