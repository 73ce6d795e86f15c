// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createRestartBudget } from './restart-budget.ts';

test('allows maxRestarts within a window, then stops; calm makes pauses short again', async () => {
  const clock = createVirtualClock();
  const options = { initialBackoffMs: 100, maxBackoffMs: 1_000, maxRestarts: 3, windowMs: 10_000 };
  const budget = createRestartBudget({ clock, random: createSeededRandom(4) }, options);
  const pauseOf = (): number => {
    const decision = budget.onFault();
    return decision.action === 'restart' ? decision.pauseMs : -1;
  };
  const pauses = [pauseOf(), pauseOf(), pauseOf()];
  for (const [index, ceilingMs] of [100, 200, 400].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(ceilingMs / 2);
    expect(pauses[index]).toBeLessThan(ceilingMs);
  }
  expect(budget.onFault()).toEqual({ action: 'stop', restarts: 3, windowMs: 10_000 });
  await clock.advance(10_000);
  expect(pauseOf()).toBeLessThan(100);
});
