import pc from 'picocolors';
import { expect, test } from 'vitest';
import { formatSimulation } from './format-simulation.ts';
import { type SimulatedAnswer, type SimulationReport, summarize } from './simulation-report.ts';

const answered = (ms: number, more: Partial<SimulatedAnswer> = {}): SimulatedAnswer => ({
  ...{ question: 'What is 7 + 5?', outcome: 'complete', answer: '12', ms, firstMs: ms / 2, exact: true, tiers: 'two' },
  ...{ nodes: [{ node: 'device-1', exit: 1, computeMs: 3 }], reasons: [], bytes: [] },
  ...more,
});
const failed = (message: string): SimulatedAnswer => ({
  ...{ question: 'And 8 + 5?', outcome: 'failed', nodes: [], reasons: [], bytes: [] },
  error: { code: 'unavailable', message },
});

test('a round is summed up by nearest rank over what was answered, and each reason of a failure is told once', () => {
  const answers = [
    ...Array.from({ length: 19 }, (_, index) => answered((index + 1) * 10, { right: index % 2 === 0 })),
    answered(5000, { exact: false }),
    ...[failed('gone'), failed('gone'), failed('late')],
  ];
  expect(summarize(answers)).toEqual({
    ...{ questions: 23, answered: 20, exact: 19, right: 10, known: 19, medianMs: 100, p95Ms: 190, medianFirstMs: 50 },
    failures: [
      { reason: 'unavailable: gone', times: 2 },
      { reason: 'unavailable: late', times: 1 },
    ],
  });
});

test('a round without an answer has no times', () => {
  const summary = summarize([failed('gone')]);
  expect(summary).toMatchObject({ questions: 1, answered: 0 });
  expect(summary).not.toHaveProperty('medianMs');
});

test('the table shows a line a question and why answers are as they are, and obeys no control character of a question', () => {
  const answers = [
    answered(12, {
      question: 'a\u001b[2Jb',
      reasons: ['drafting was off'],
      plan: { label: 'cloud-1 alone', expectedMs: 14.2, isTrial: true },
      bytes: [{ node: 'cloud-1', up: 7, down: 8 }],
    }),
    failed('gone'),
  ];
  const report: SimulationReport = {
    ...{ type: 'simulation', file: 'lab.yaml', seed: 7, asked: 'device-1' },
    links: [{ node: 'cloud-1', title: 'own figures', delayMs: 5, bytes: { node: 'cloud-1', up: 70, down: 80 } }],
    rounds: [{ asked: 'auto', answers, summary: summarize(answers) }],
  };
  const text = formatSimulation(report, pc.createColors(false));
  expect(text).toMatch(/^cloud-1 {2}own figures +5 ms +- +- +- +- +70 +80$/m);
  expect(text).toMatch(/^1 {2}a␛\[2Jb +complete +12 +6 +yes +- +device-1:1 +cloud-1 7\/8$/m);
  expect(text).toMatch(/^2 {2}And 8 \+ 5\? +failed +- +- +- +- +- +-$/m);
  expect(text).toContain('1: cloud-1 alone (a trial), expected 14 ms\n1: drafting was off\n');
  expect(text).toContain('1 of 2 answered, 1 exact, median 12 ms, p95 12 ms, first shown after 6 ms');
  expect(text).toContain('failed 1 x unavailable: gone');
});
