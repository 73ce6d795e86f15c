// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { createRoundCollector, interleave } from './collect-rounds.ts';

test('keeps rounds in order, by metric', () => {
  const rounds = createRoundCollector();
  rounds.add('a', 1);
  rounds.add('b', 5);
  rounds.add('a', 2);
  expect(Object.fromEntries(rounds.measurements)).toEqual({ a: { rounds: [1, 2] }, b: { rounds: [5] } });
});

test('a metric that failed once in a run has no value', () => {
  const rounds = createRoundCollector();
  rounds.add('a', 1);
  rounds.unavailable('a', 'it crashed');
  rounds.add('a', 2);
  expect(rounds.measurements.get('a')).toEqual({ unavailable: 'it crashed' });
});

test('contenders change places every round', () => {
  expect([0, 1, 2].map(round => interleave(['a', 'b'], round).join(''))).toEqual(['ab', 'ba', 'ab']);
});
