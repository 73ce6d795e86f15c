// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary, RequestStatus } from '@aiflow/roles';
import { describe, expect, test } from 'vitest';
import type { SeenAnswer } from './real-askers.ts';
import { DEADLINE_MS, GRACE_MS } from './real-rows.ts';
import { findFaults, type JudgedRequest, judgeTime } from './real-verdict.ts';

const asked = { question: 'why?', cloud: 'because', device: 'becau' };
const exact = {
  exact: true,
  outcome: 'complete',
  tiers: [{ tier: 'device' }],
  reasons: [],
} as unknown as AnswerSummary;
const alone = {
  ...exact,
  ...{ exact: false, reasons: ['nobody else'], references: [{ tier: 'device' }] },
  awaitsRevision: { requestId: 'r', because: 'nobody else' },
} as unknown as AnswerSummary;

function judged(
  seen: Partial<SeenAnswer>,
  status: Partial<RequestStatus> | undefined,
  text = 'because',
): JudgedRequest {
  const whole = { id: 'r', state: 'revised', question: 'why?', acceptedMs: 1000, changedMs: 1100, summary: exact };
  const told = status && ({ ...whole, revision: { text }, ...status } as RequestStatus);
  const request = { id: 'r', asked, atMs: 0 };
  return {
    seen: { request, accepted: true, tries: 1, answeredMs: 1500, text: 'becau', summary: alone, ...seen },
    ...{ status: told, again: told },
  };
}

const kinds = (one: JudgedRequest): readonly string[] => findFaults(one).map(({ kind }) => kind);

describe('when an answer came', () => {
  const lateMs = 1000 + DEADLINE_MS + GRACE_MS + 1;

  test('a late one is forgiven only where the device died before it was given', () => {
    expect(judgeTime(judged({}, {}), [])).toBe('inTime');
    expect(judgeTime(judged({ answeredMs: lateMs }, {}), [999, lateMs + 1])).toBe('lateAlone');
    expect(judgeTime(judged({ answeredMs: lateMs }, {}), [2000])).toBe('late');
  });

  test('a failure and silence are told apart', () => {
    expect(judgeTime(judged({}, { state: 'failed' }), [])).toBe('failed');
    const { seen, ...rest } = judged({}, {});
    const { answeredMs: _answered, ...silent } = seen;
    expect(judgeTime({ seen: silent, ...rest }, [])).toBe('unanswered');
  });
});

describe('what is wrong with an answer', () => {
  test('nothing, where the device answered alone and the cloud revised it', () => {
    expect(kinds(judged({}, {}))).toEqual([]);
  });

  test('exact words that are not those of the cloud, and words the device would not have said', () => {
    expect(kinds(judged({}, {}, 'perhaps'))).toEqual(['wrong']);
    expect(kinds(judged({ text: 'perhaps' }, {}))).toEqual(['wrong']);
  });

  test('not words that others judged before they were lost', () => {
    const summary = (verifyCalls: number): AnswerSummary =>
      ({ ...alone, tiers: [{ tier: 'device' }, { tier: 'edge', verifyCalls }] }) as unknown as AnswerSummary;
    expect(kinds(judged({ text: 'perhaps', summary: summary(0) }, {}))).toEqual(['wrong']);
    expect(kinds(judged({ text: 'perhaps', summary: summary(2) }, {}))).toEqual([]);
  });

  test('not words of an edge that had the last word', () => {
    const byEdge = { ...alone, references: [{ tier: 'edge' }] } as unknown as AnswerSummary;
    expect(kinds(judged({ text: 'perhaps', summary: byEdge }, {}))).toEqual([]);
  });

  test('one that was the last word and became another', () => {
    expect(kinds(judged({ text: 'because', summary: exact }, { summary: alone }, 'becau'))).toEqual(['doubled']);
    const one = judged({}, {});
    expect(kinds({ ...one, again: { ...one.again!, changedMs: 9 } })).toEqual(['doubled']);
  });

  test('one that was accepted and is not known, or has not come to its end', () => {
    expect(kinds(judged({}, undefined))).toEqual(['lost']);
    expect(kinds(judged({}, { state: 'alone', summary: alone }, 'becau'))).toEqual(['lost']);
  });
});
