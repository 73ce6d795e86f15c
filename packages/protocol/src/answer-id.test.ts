// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { answerId, answerIdOnWire } from './answer-id.ts';
import { KIND_NUMBERS } from './message-kind.ts';

test('the number of a kind on the wire gives the same id as its name', () => {
  for (const [kind, number] of KIND_NUMBERS) {
    const place = { correlationId: 'k3v9-000001', position: 7 };
    expect(answerIdOnWire({ ...place, kind: number })).toBe(answerId({ ...place, kind }));
  }
});

test('a number that no kind has, and a message that answers nothing, have no id of an answer', () => {
  expect(answerIdOnWire({ kind: 0, correlationId: 'k3v9-000001', position: 0 })).toBe('');
  expect(answerIdOnWire({ kind: 99, correlationId: 'k3v9-000001', position: 0 })).toBe('');
  expect(answerId({ kind: 'reply', correlationId: '', position: 0 })).toBe('');
  expect(answerId({ kind: 'ask', correlationId: 'k3v9-000001', position: 0 })).toBe('');
});
