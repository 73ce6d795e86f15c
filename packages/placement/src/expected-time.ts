// SPDX-License-Identifier: Apache-2.0
//
// From one stretch without rejections to the expected time of a whole answer. After a rejection everything begins anew
// at the token that replaced the wrong one, so an answer is a row of stretches and its time obeys a renewal equation,
// solved from the end of the answer backwards.
import type { Stretch } from './pipeline.ts';

/** Chance by length of the run that begins an answer or follows a rejection. Index 0 is not used. */
export interface RunLengths {
  /** The first wrong token is this one. */
  readonly endsAt: readonly number[];
  /** All up to this one are right. */
  readonly survives: readonly number[];
}

/** From the chance that the token at each place is right. */
export function runLengths(acceptance: readonly number[], total: number): RunLengths {
  const endsAt = [0];
  const survives = [1];
  for (let token = 1; token <= total; token++) {
    const right = acceptance[token - 1] ?? 1;
    const alive = survives[token - 1] ?? 0;
    endsAt.push(alive * (1 - right));
    survives.push(alive * right);
  }
  return { endsAt, survives };
}

/** The stretch that begins an answer, and those after a rejection. */
export interface Stretches {
  readonly first: Stretch;
  readonly again: Stretch;
}

/** What a rejection costs beside its stretch: on a slow link, blocks that became worthless are still being sent. */
export interface RestartCosts {
  readonly messageMs: number;
  /** From a rejection until the next block could be sent. */
  readonly firstBlockMs: number;
}

/**
 * Expected time until an answer of so many tokens is whole, by its length. `remainderMs` is for what is left after a
 * rejection, `wholeMs` for an answer of full length that begins.
 */
export function expectedAnswerTimes(
  runs: RunLengths,
  { first, again }: Stretches,
  restart: RestartCosts,
): { readonly remainderMs: readonly number[]; readonly wholeMs: number } {
  const total = runs.endsAt.length - 1;
  const remainderMs = [0];
  for (let length = 1; length <= total; length++) {
    remainderMs.push(meanTime(runs, { ...ending(again), after: remainderMs, restart }, length));
  }
  const wholeMs = meanTime(runs, { ...ending(first), after: remainderMs, restart }, total);
  return { remainderMs, wholeMs };
}

/** Expected time until so many tokens are judged, by their number, while the answer goes on behind them. */
export function expectedJudgedTimes(
  runs: RunLengths,
  { first, again }: Stretches,
  restart: RestartCosts,
): { readonly againMs: readonly number[]; readonly firstMs: readonly number[] } {
  const total = runs.endsAt.length - 1;
  const after = [0];
  for (let length = 1; length <= total; length++) {
    after.push(meanTime(runs, { ...going(again), after, restart }, length));
  }
  const firstMs = [0];
  for (let length = 1; length <= total; length++) {
    firstMs.push(meanTime(runs, { ...going(first), after, restart }, length));
  }
  return { againMs: after, firstMs };
}

interface Times {
  readonly stretch: Stretch;
  readonly survivedMs: readonly number[];
  /** Expected time of what is left after a rejection, by its length. */
  readonly after: readonly number[];
  readonly restart: RestartCosts;
  /** The answer ends with the last token, so that nothing after it is drafted or judged. */
  readonly isWhole: boolean;
}

function ending(stretch: Stretch): Pick<Times, 'stretch' | 'survivedMs' | 'isWhole'> {
  return { stretch, survivedMs: stretch.endedMs, isWhole: true };
}

function going(stretch: Stretch): Pick<Times, 'stretch' | 'survivedMs' | 'isWhole'> {
  return { stretch, survivedMs: stretch.judgedMs, isWhole: false };
}

/** One line of the renewal equation: over where the first wrong token may be, or that there is none. */
function meanTime({ endsAt, survives }: RunLengths, times: Times, length: number): number {
  const { stretch, survivedMs, after, restart } = times;
  const { messageMs, firstBlockMs } = restart;
  const freeMs = Math.max(firstBlockMs, messageMs);
  const doneMs = stretch.uplinkDoneMs[length] ?? 0;
  const lastMs = times.isWhole ? (survivedMs[length] ?? 0) : Infinity; // the block that ends an answer is shorter
  let sum = (survives[length] ?? 0) * (survivedMs[length] ?? 0);
  for (let token = 1; token <= length; token++) {
    const rejectedMs = Math.min(stretch.rejectedMs[token] as number, lastMs);
    const backlogMs = Math.max(0, Math.min(stretch.uplinkFreeMs[token] as number, doneMs) - rejectedMs);
    const restartMs = token === length ? 0 : Math.max(firstBlockMs, backlogMs + messageMs) - freeMs;
    sum += (endsAt[token] as number) * (rejectedMs + restartMs + (after[length - token] as number));
  }
  return sum;
}
