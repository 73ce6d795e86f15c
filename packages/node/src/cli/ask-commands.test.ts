// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { revisionsOf } from './ask-commands.ts';

test('revisions follow a deadline', () => {
  expect(revisionsOf({})).toEqual({});
  expect(revisionsOf({ deadline: 300 })).toEqual({});
  expect(revisionsOf({ deadline: 300, reviseUntil: 3000 })).toEqual({ revisionsUntilMs: 3000 });
  expect(revisionsOf({ deadline: 300, reviseUntil: 300 })).toEqual({ revisionsUntilMs: 300 });
});

test('revisions without a deadline, or before it, are refused naming both', () => {
  expect(() => revisionsOf({ reviseUntil: 3000 })).toThrow(
    '--revise-until 3000 needs a --deadline that is not later, none is given',
  );
  expect(() => revisionsOf({ deadline: 300, reviseUntil: 200 })).toThrow('that is not later, it is 300');
  expect(() => revisionsOf({ reviseUntil: 1 })).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
});
