// SPDX-License-Identifier: Apache-2.0
import type { Revision } from '@aiflow/protocol';
import type { AnswerSummary } from '@aiflow/roles';
import pc from 'picocolors';
import { expect, test } from 'vitest';
import type { AnswerResult } from '../client/answer.ts';
import { reportAnswer } from './answer-report.ts';
import { deadlineLine, formatSummary, revisedLine } from './show-answer.ts';

const plain = pc.createColors(false);
const SUMMARY: AnswerSummary = {
  ...{ session: 's', outcome: 'complete', far: false, exact: true, reasons: [], mode: 'two', exit: 11 },
  ...{ promptTokens: 40, answerTokens: 9, committed: 9, endedByItself: true, references: [], tiers: [], links: [] },
  durationMs: 905.04,
};
const REVISION: Revision = {
  ...{ session: 's', sequence: 3, tier: 'device', exit: 1, modelHash: 'nano', confidence: 0.874, ageMs: 290 },
  ...{ committed: 1, text: 'ä + 4', committedBytes: 2, edgeBytes: 2, finished: false },
};
const STANDING: AnswerResult = {
  ...{ revision: REVISION, text: REVISION.text },
  summary: {
    ...SUMMARY,
    ...{ outcome: 'deadline', exact: false, committed: 1, durationMs: 300.26, reasons: ['late'], provisional: true },
  },
};
const ASKED = { question: '?', answer: 'ä + 5', summary: SUMMARY, traceId: '' };

test('the deadline names who stands behind the answer, how sure it is, and how much of it stays', () => {
  expect(deadlineLine(STANDING, { revisionsUntilMs: 3000 }, plain)).toBe(
    'at the deadline, 300 ms: device exit 1, confidence 0.87, 2 of 6 bytes committed; it may be revised until 3000 ms',
  );
  expect(deadlineLine({ ...STANDING, revision: undefined, text: '' }, { revisionsUntilMs: 3000 }, plain)).toBe(
    'at the deadline, 300 ms: no word yet; it may be revised until 3000 ms',
  );
});

test('the end says whether the answer of the deadline still stands', () => {
  expect(revisedLine(ASKED, plain)).toBe('');
  expect(revisedLine({ ...ASKED, atDeadline: STANDING }, plain)).toBe('revised after the deadline\n');
  expect(revisedLine({ ...ASKED, answer: 'ä + 4', atDeadline: STANDING }, plain)).toBe(
    'unchanged since the deadline\n',
  );
  expect(revisedLine({ ...ASKED, answer: 'ä + 4 = 9', atDeadline: STANDING }, plain)).toBe(
    'revised after the deadline: it goes on\n',
  );
});

test('a report has both answers, the later one in the usual fields', () => {
  const facts = { nodes: [], spans: [] };
  expect(reportAnswer(ASKED, 'device-1', facts)).not.toHaveProperty('atDeadline');
  const report = reportAnswer({ ...ASKED, atDeadline: STANDING }, 'device-1', facts);
  expect(report).toMatchObject({ answer: 'ä + 5', outcome: 'complete', exact: true, durationMs: 905 });
  expect(report.atDeadline).toEqual({
    ...{ answer: 'ä + 4', tier: 'device', exit: 1, confidence: 0.874, committed: 1, committedBytes: 2 },
    ...{ reasons: ['late'], durationMs: 300.3 },
  });
});

test('the table of tiers names the exits that decided under a policy, not the deepest that might have', () => {
  const counts = { verifyCalls: 0, proposed: 0, accepted: 0, rejections: 0, nearTies: 0, outdated: 0, waitMs: 0 };
  const tier: AnswerSummary['tiers'][number] = {
    ...{ tier: 'cloud', node: 'cloud-1', exit: 3, format: 'fp32', role: 'drafter', state: 'serving', openings: 1 },
    ...{ calls: 5, drafted: 40, fault: undefined, ...counts, computeMs: 12, leastWaitMs: undefined },
  };
  const place = { owner: 'device-1', nodes: [], color: plain };
  const shown = (decided: AnswerSummary['decided']): string =>
    formatSummary({ ...SUMMARY, exact: false, tiers: [tier], ...(decided === undefined ? {} : { decided }) }, place);
  const three = { exit: 3, tokens: 31 };
  expect(shown([three, { exit: 11, tokens: 9 }])).toMatch(/by exit policy[\s\S]*cloud-1 +0 +3 \(31\), 11 \(9\) +40/);
  expect(shown([three])).toMatch(/cloud-1 +0 +3 +40/);
  expect(shown(undefined)).toMatch(/cloud-1 +0 +3 +40/);
});
