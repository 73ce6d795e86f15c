import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AnswerRecord, packMarks, unpackMarks } from './answer-record.ts';
import { openPartialResults } from './partial-results.ts';

const file = (): string => join(mkdtempSync(join(tmpdir(), 'aiflow-partial-')), 'deeper', 'results.jsonl');
const record = (question: string): AnswerRecord => ({
  ...{ part: 'fp32-3', question, kind: 'load', policies: [], reference: [4, 5] },
  exits: [
    {
      exit: 1,
      right: true,
      ...packMarks([
        { agrees: true, margin: 1.239 },
        { agrees: false, margin: 0.5 },
      ]),
    },
  ],
});

test('what was written is there after a stop, also when the last line was cut', async () => {
  const path = file();
  const first = await openPartialResults(path);
  await first.add(record('a'));
  await first.add(record('b'));
  appendFileSync(path, '{"part":"fp32-3","question":"c","ki');
  const second = await openPartialResults(path);
  expect([...second.of('fp32-3').keys()]).toEqual(['a', 'b']);
  await second.add(record('c'));
  const third = await openPartialResults(path);
  expect(third.of('fp32-3').get('c')).toEqual(record('c'));
  expect(third.of('int8-3').size).toBe(0);
});

test('nothing is left after it was cleared', async () => {
  const path = file();
  const results = await openPartialResults(path);
  await results.add(record('a'));
  await results.clear();
  expect(results.of('fp32-3').size).toBe(0);
  expect(() => readFileSync(path)).toThrow();
});

test('marks come back with margins rounded down to hundredths', () => {
  const marks = [
    { agrees: true, margin: 1.239 },
    { agrees: false, margin: 0 },
  ];
  expect(unpackMarks(packMarks(marks))).toEqual([
    { agrees: true, margin: 1.23 },
    { agrees: false, margin: 0 },
  ]);
});
