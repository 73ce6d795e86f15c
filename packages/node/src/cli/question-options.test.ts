import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { parseShare } from './parse-share.ts';
import { askingOf } from './question-options.ts';

test('a share is written in per cent or as a part of one', () => {
  expect(parseShare('1%')).toBe(0.01);
  expect(parseShare('2.5 %')).toBe(0.025);
  expect(parseShare('0.01')).toBe(0.01);
  for (const wrong of ['', '0', '-1%', '120%', 'few', '1.5'])
    expect(() => parseShare(wrong)).toThrow(InvalidArgumentError);
});

test('a share of 1 or more without a sign is refused with both ways to write it', () => {
  expect(() => parseShare('1')).toThrow('1 can be read in two ways: write 1% or 0.01');
  expect(() => parseShare('7')).toThrow('write 7% or 0.07');
  expect(() => parseShare('150')).toThrow(InvalidArgumentError);
  expect(parseShare('100%')).toBe(1);
});

test('risk, energy and time become one exit policy, and a deadline beside one is kept', () => {
  expect(askingOf({ risk: 0.01, joules: 2, watts: 5 }).exitPolicy).toEqual({ risk: 0.01, joules: 2, watts: 5 });
  expect(askingOf({ risk: 0.01, deadline: 300 })).toEqual({
    deadlineMs: 300,
    exitPolicy: { risk: 0.01, inTime: true },
  });
  expect(askingOf({ inTime: true, deadline: 300 }).exitPolicy).toEqual({ inTime: true });
});

test('a draw without an energy is refused, as it would limit nothing', () => {
  expect(() => askingOf({ watts: 5 })).toThrow('--watts 5 alone limits nothing: give --joules too');
  expect(() => askingOf({ risk: 0.01, watts: 5 })).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
});

test('without any of them there is no policy', () => {
  expect(askingOf({ exit: 3, deadline: 300 })).toEqual({ exit: 3, deadlineMs: 300 });
});
