// SPDX-License-Identifier: Apache-2.0
import { type AnswerRecord, type ExitRecord, unpackMarks } from './answer-record.ts';
import { bootstrapDifference, type Difference } from './paired-bootstrap.ts';
import { type TokenMark, verifyRounds } from './token-marks.ts';

/** Records of some questions, in their order. */
export type Records = readonly AnswerRecord[];

/** Whether a record's answer was right. */
export type IsRight = (record: AnswerRecord) => boolean | undefined;

/** Right answers of an exit in records of a size. */
export function rightAt(exit: number): IsRight {
  return record => exitOf(record, exit)?.right;
}

/** Right answers under the policy of a risk; 0 stands for the deepest exit alone. */
export function rightUnder(risk: number): IsRight {
  return ({ policies }) => policies.find(policy => policy.risk === risk)?.right;
}

/** Share of right answers by kind, and their unweighted mean. */
export function scoreOf(
  records: Records,
  isRight: IsRight,
): { readonly scores: Record<string, number>; readonly mean: number } {
  const byKind = new Map<string, number[]>();
  for (const record of records) {
    const values = byKind.get(record.kind) ?? [];
    values.push(isRight(record) === true ? 1 : 0);
    byKind.set(record.kind, values);
  }
  const scores = Object.fromEntries([...byKind].map(([kind, values]) => [kind, mean(values)]));
  return { scores, mean: mean(Object.values(scores)) };
}

/** The difference of two scores over the questions that both have; undefined where they share none. */
export function compare(
  [ones, isOneRight]: readonly [Records, IsRight],
  [others, isOtherRight]: readonly [Records, IsRight],
): Difference | undefined {
  const byQuestion = new Map(others.map(record => [record.question, record]));
  const pairs = new Map<string, number[]>();
  for (const one of ones) {
    const other = byQuestion.get(one.question);
    if (other === undefined) continue;
    const differences = pairs.get(one.kind) ?? [];
    differences.push(Number(isOneRight(one) === true) - Number(isOtherRight(other) === true));
    pairs.set(one.kind, differences);
  }
  return pairs.size === 0 ? undefined : bootstrapDifference(pairs);
}

/** How an exit's choices go along the reference. */
export function alongReference(
  records: Records,
  exit: number,
): {
  readonly agreement: number;
  readonly tokensPerVerify: number;
  readonly tokens: number;
  readonly marks: readonly TokenMark[];
} {
  const answers = records.flatMap(record => {
    const found = exitOf(record, exit);
    return found === undefined ? [] : [unpackMarks(found)];
  });
  const marks = answers.flat();
  const rounds = answers.reduce((sum, answer) => sum + verifyRounds(answer), 0);
  return {
    agreement: mean(marks.map(({ agrees }) => Number(agrees))),
    tokensPerVerify: rounds === 0 ? 0 : marks.length / rounds,
    tokens: marks.length,
    marks,
  };
}

function exitOf({ exits }: AnswerRecord, exit: number): ExitRecord | undefined {
  return exits.find(record => record.exit === exit);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
