// SPDX-License-Identifier: Apache-2.0
import type { Revision } from '@aiflow/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswerSummary } from '../ask-contract.ts';
import {
  acceptRequest,
  answerAlone,
  askOthers,
  asksTheSame,
  decodeRecord,
  encodeRecord,
  failRequest,
  giveUp,
  isSettled,
  type RequestRecord,
  reviseAnswer,
  settleAnswer,
} from './request-record.ts';

const facts = { family: 'toy', modelHash: 'h', acceptedMs: 1_700_000_000_000, dueMs: 1_700_000_030_000 };
const accepted = acceptRequest('r-1', { question: 'why?' }, facts);
const base = accepted.epochBase;

function revision(text: string, sequence = 1): Revision {
  const marks = { committed: 0, committedBytes: 0, edgeBytes: 0, finished: true };
  return { session: 's', sequence, tier: 'device', exit: 1, modelHash: 'h', confidence: 1, ageMs: 1, text, ...marks };
}

function summary(awaited = false): AnswerSummary {
  const awaits = { awaitsRevision: { requestId: 'r-1', because: 'alone' } };
  const told = { session: 's', outcome: 'complete', exit: 4, reasons: [], references: [] };
  return { ...told, ...(awaited ? awaits : {}) } as unknown as AnswerSummary;
}

const alone = { revision: revision('alone'), summary: summary(true), draft: { exit: 1, tokens: [1, 2] } };

type Act = (record: RequestRecord) => RequestRecord;
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constant<Act>(record => settleAnswer(record, { revision: revision('own', 9), summary: summary() }, 1)),
  fc.boolean().map<Act>(isAsking => record => answerAlone(record, alone, { isAsking, nowMs: 2 })),
  fc.constant<Act>(askOthers),
  fc.constant<Act>(record => giveUp(record, 'too late', 3)),
  fc.constant<Act>(record => failRequest(record, { code: 'internal', message: 'broken' }, 4)),
  fc.tuple(fc.integer({ min: -3, max: 1005 }), fc.string()).map<Act>(
    ([epoch, text]) =>
      record =>
        reviseAnswer(record, { epoch: base + epoch, revision: revision(text), summary: summary() }, 5),
  ),
);

test('whatever happens in whatever order: a settled record stays, epochs and sequences grow, drafts end with the waiting', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), acts => {
      let record = accepted;
      for (const next of acts) {
        const before = record;
        record = next(before);
        if (isSettled(before)) expect(record).toBe(before); // R1, R2
        expect(record.epoch).toBeGreaterThanOrEqual(before.epoch);
        expect(record.epoch - base).toBeLessThanOrEqual(1000);
        if (record.state === 'revised') {
          expect(record.revision?.sequence ?? 0).toBeGreaterThanOrEqual(before.revision?.sequence ?? 0);
        }
        if (isSettled(record)) {
          expect(record.draft).toBeUndefined();
          expect(record.summary?.awaitsRevision).toBeUndefined();
        }
        expect(decodeRecord(encodeRecord(record))).toEqual(record);
      }
    }),
  );
});

describe('a revision', () => {
  const waiting = answerAlone(accepted, alone, { isAsking: true, nowMs: 2 });

  test('of an epoch that this life of the id never had does not count', () => {
    for (const epoch of [0, base - 1, base, base + 1001]) {
      expect(reviseAnswer(waiting, { epoch, revision: revision('other'), summary: summary() }, 3)).toBe(waiting);
    }
  });

  test('of any epoch that was asked counts, and keeps the session and goes on with the sequence', () => {
    const revised = reviseAnswer(
      askOthers(waiting),
      { epoch: base + 1, revision: revision('more'), summary: summary() },
      3,
    );
    expect(revised).toMatchObject({ state: 'revised', revision: { text: 'more', sequence: 2, session: 's' } });
  });

  test('that takes committed words back does not count, as nobody deeper made it; one that keeps them does', () => {
    const said = { ...revision('für immer'), committed: 1, committedBytes: 4 };
    const shown = answerAlone(accepted, { ...alone, revision: said }, { isAsking: true, nowMs: 2 });
    const finished = (text: string) => ({ epoch: base + 1, revision: revision(text), summary: summary() });
    expect(reviseAnswer(shown, finished('fur immer'), 3)).toBe(shown);
    expect(reviseAnswer(shown, finished('fü'), 3)).toBe(shown);
    expect(reviseAnswer(shown, finished('für heute'), 3)).toMatchObject({ state: 'revised' });
  });

  test('counts also when the power took what was noted of asking', () => {
    const revised = reviseAnswer(accepted, { epoch: base + 1, revision: revision('more'), summary: summary() }, 3);
    expect(revised.state).toBe('revised');
  });
});

test('a request is the same question whatever its askers’ times are', () => {
  const request = { question: 'why?', maxTokens: 9, sampling: { temperature: 1, seed: 2 } };
  expect(asksTheSame(request, { ...request, deadlineMs: 5, revisionsUntilMs: 9, id: 'x' })).toBe(true);
  for (const other of [
    { question: 'how?' },
    { maxTokens: 8 },
    { exit: 3 },
    { sampling: { temperature: 1, seed: 3 } },
  ]) {
    expect(asksTheSame(request, { ...request, ...other })).toBe(false);
  }
});

test('bytes that are no record are none', () => {
  fc.assert(fc.property(fc.uint8Array(), bytes => void expect(decodeRecord(bytes)).toBeUndefined()));
  for (const wrong of [{ ...accepted, state: 'else' }, { ...accepted, id: 'a b' }, { ...accepted, epoch: 'x' }, null]) {
    expect(decodeRecord(new TextEncoder().encode(JSON.stringify(wrong)))).toBeUndefined();
  }
});
