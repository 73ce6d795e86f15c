// SPDX-License-Identifier: Apache-2.0
import type { TierStatistics } from '@aiflow/decode';
import { expect, test } from 'vitest';
import { createObservedCosts, type ObservedCosts } from './observed-costs.ts';

const reported = { exit: 5, format: 'fp32', stepMs: 10, verify: [{ tokens: 8, ms: 20 }] } as const;

const drafted = (node: string, stepMs: number, tokens = 60): TierStatistics => ({
  ...{ node, tier: 'edge', exit: 5, format: 'fp32', role: 'drafter', state: 'serving' },
  ...{ openings: 1, calls: 8, drafted: tokens, fault: undefined, computeMs: stepMs * tokens },
  ...{ verifyCalls: 0, proposed: 0, accepted: 0, rejections: 0, nearTies: 0, outdated: 0, waitMs: 0 },
  leastWaitMs: undefined,
});

const stepAt = (observed: ObservedCosts, node: string): number | undefined =>
  observed.costsAt(node, [{ exit: 5, format: 'fp32', reported }])[0]?.stepMs;

test('an engine twice as slow as it says is reckoned with after few answers, and another node is not', () => {
  const observed = createObservedCosts();
  for (let answer = 0; answer < 3; answer++) observed.note([drafted('mast', 20)]);
  expect(stepAt(observed, 'mast')).toBeGreaterThan(18);
  expect(stepAt(observed, 'mast')).toBeLessThanOrEqual(20);
  expect(stepAt(observed, 'hall')).toBe(10);
});

test('what was seen while others kept a node busy is not held against it when it is idle', () => {
  const observed = createObservedCosts();
  observed.note([drafted('mast', 30)], () => 3);
  expect(stepAt(observed, 'mast')).toBeCloseTo(10, 6);
});

test('a machine that got faster is believed within a few answers', () => {
  const observed = createObservedCosts();
  for (let answer = 0; answer < 6; answer++) observed.note([drafted('mast', 30)]);
  for (let answer = 0; answer < 4; answer++) observed.note([drafted('mast', 10)]);
  expect(stepAt(observed, 'mast')).toBeLessThan(14);
});

test('what was seen is forgotten after 32 answers without news', () => {
  const observed = createObservedCosts();
  observed.note([drafted('mast', 30)]);
  for (let answer = 0; answer < 33; answer++) observed.note([]);
  expect(stepAt(observed, 'mast')).toBe(10);
});

test('a time that is no time teaches nothing', () => {
  const observed = createObservedCosts();
  for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, -5]) {
    observed.note([drafted('mast', ms)]);
    observed.noteStep({ node: 'mast', exit: 5, format: 'fp32' }, { stepMs: ms, tokens: 60 });
  }
  expect(stepAt(observed, 'mast')).toBe(10);
});
