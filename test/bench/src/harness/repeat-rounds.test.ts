// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest';
import { repeatRounds } from './repeat-rounds.ts';

afterEach(() => void vi.useRealTimers());

async function roundsOf(quick: boolean, secondsARound: number): Promise<number> {
  vi.useFakeTimers();
  let rounds = 0;
  const context = { quick, progress: () => undefined, signal: new AbortController().signal };
  await repeatRounds(context, { full: 9, quick: 5 }, async () => {
    rounds++;
    vi.advanceTimersByTime(secondsARound * 1000);
  });
  return rounds;
}

test('goes round as often as planned', async () => {
  expect(await roundsOf(false, 20)).toBe(9);
  expect(await roundsOf(true, 1)).toBe(5);
});

test('a quick run on a busy machine ends early, but not without a round', async () => {
  expect(await roundsOf(true, 20)).toBe(2);
  expect(await roundsOf(true, 300)).toBe(1);
});

test('ends when it is stopped', async () => {
  const stop = new AbortController();
  const rounds: number[] = [];
  const context = { quick: false, progress: () => undefined, signal: stop.signal };
  const run = repeatRounds(context, { full: 9, quick: 5 }, async round => {
    rounds.push(round);
    if (round === 1) stop.abort(new Error('enough'));
  });
  await expect(run).rejects.toThrow('enough');
  expect(rounds).toEqual([0, 1]);
});
