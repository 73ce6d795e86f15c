// SPDX-License-Identifier: Apache-2.0
import type { Revision } from '@aiflow/protocol';
import { createVirtualClock, sleep, type VirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import type { AnswerRun } from './answer-run.ts';
import type { AnswerSummary, AskItem } from './ask-contract.ts';
import { markDeadline } from './mark-deadline.ts';
import { createStandingAnswer } from './standing-answer.ts';

const DEADLINE_MS = 100;

/** What of a run the deadline has to do with. */
function startRun(clock: VirtualClock, signal = new AbortController().signal): AnswerRun {
  const standing = createStandingAnswer();
  standing.follow(() => ({ committed: 99, answerTokens: 7, outcome: 'complete' }) as AnswerSummary);
  const remainingToDeadlineMs = (): number => Math.max(0, DEADLINE_MS - clock.nowMs());
  return { clock, signal, standing, mayBeRevised: true, remainingToDeadlineMs } as unknown as AnswerRun;
}

function revision(sequence: number): AskItem {
  return { kind: 'revision', revision: { sequence, committed: sequence, ageMs: sequence } as Revision };
}

const last: AskItem = { kind: 'summary', summary: { committed: 3 } as AnswerSummary };

/** A revision at each of `atMs`, then the last summary. */
async function* answer({ clock, signal }: AnswerRun, atMs: readonly number[]): AsyncGenerator<AskItem, void> {
  for (const [at, ms] of atMs.entries()) {
    if (ms > clock.nowMs()) await sleep(clock, ms - clock.nowMs(), signal);
    yield revision(at + 1);
  }
  yield last;
}

/** In words; `pauseMs` is what the reader takes for each item. */
async function read(clock: VirtualClock, items: AsyncGenerator<AskItem, void>, pauseMs = 0): Promise<string[]> {
  const seen: string[] = [];
  for await (const item of items) {
    const summary = item.kind === 'summary' ? item.summary : undefined;
    const name = item.kind === 'revision' ? `${item.revision.sequence}` : summary?.provisional ? 'provisional' : 'last';
    seen.push(summary?.provisional ? `${name} ${summary.outcome} ${summary.committed}` : name);
    if (pauseMs > 0) await sleep(clock, pauseMs);
  }
  return seen;
}

function play(atMs: readonly number[], pauseMs = 0): Promise<string[]> {
  const clock = createVirtualClock();
  const items = markDeadline(startRun(clock), run => answer(run, atMs));
  return clock.runUntilSettled(read(clock, items, pauseMs));
}

test('one provisional summary stands where the deadline is, and speaks of what was shown', async () => {
  expect(await play([10, 50, 200])).toEqual(['1', '2', 'provisional deadline 2', '3', 'last']);
});

test('an answer that ends by the deadline has its last summary alone', async () => {
  expect(await play([10, 50])).toEqual(['1', '2', 'last']);
});

test('a deadline before the first word says that nothing was committed', async () => {
  expect(await play([200])).toEqual(['provisional deadline 0', '1', 'last']);
});

test('a reader that is slow has it after one late revision at most', async () => {
  expect(await play([10, 20, 30, 40], 60)).toEqual(['1', '2', '3', 'provisional deadline 3', '4', 'last']);
});

test('where nothing may follow the deadline the items go by untouched', async () => {
  const clock = createVirtualClock();
  const run = { ...startRun(clock), mayBeRevised: false };
  const items = markDeadline(run, begun => answer(begun, [10, 200]));
  expect(await clock.runUntilSettled(read(clock, items))).toEqual(['1', '2', 'last']);
});

test('a reader that leaves at the deadline ends the work that goes on', async () => {
  const clock = createVirtualClock();
  let isOver = false;
  const items = markDeadline(startRun(clock), async function* (run) {
    try {
      yield* answer(run, [10, 5000]);
    } finally {
      isOver = true;
    }
  });
  const leave = async (): Promise<void> => {
    for await (const item of items) if (item.kind === 'summary') break;
  };
  await clock.runUntilSettled(leave());
  expect(isOver).toBe(true);
  expect(clock.nowMs()).toBe(DEADLINE_MS);
});

test('a failure after the deadline is the end of the answer', async () => {
  const clock = createVirtualClock();
  const items = markDeadline(startRun(clock), async function* (run) {
    yield revision(1);
    await sleep(run.clock, 200);
    throw new Error('nobody is left');
  });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const item of items) seen.push(item.kind);
  })();
  await expect(clock.runUntilSettled(reading)).rejects.toThrow('nobody is left');
  expect(seen).toEqual(['revision', 'summary']);
});
