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

/**
 * Expected time until an answer of so many tokens is whole, by its length. `remainderMs` is for what is left after a
 * rejection, `wholeMs` for an answer of full length that begins. `restartMs` is what a rejection of a token costs beside
 * its stretch.
 */
export function expectedAnswerTimes(
  runs: RunLengths,
  { first, again }: Stretches,
  restartMs: readonly number[],
): { readonly remainderMs: readonly number[]; readonly wholeMs: number } {
  const total = runs.endsAt.length - 1;
  const remainderMs = [0];
  const againMs = rejectionTimes(again, restartMs);
  for (let length = 1; length <= total; length++) {
    remainderMs[length] = meanTime(
      runs,
      { rejectedMs: againMs, survivedMs: again.endedMs, after: remainderMs },
      length,
    );
  }
  const firstMs = rejectionTimes(first, restartMs);
  const wholeMs = meanTime(runs, { rejectedMs: firstMs, survivedMs: first.endedMs, after: remainderMs }, total);
  return { remainderMs, wholeMs };
}

/** Expected time until so many tokens are judged, by their number, while the answer goes on behind them. */
export function expectedJudgedTimes(
  runs: RunLengths,
  { first, again }: Stretches,
  restartMs: readonly number[],
): { readonly againMs: readonly number[]; readonly firstMs: readonly number[] } {
  const total = runs.endsAt.length - 1;
  const after = [0];
  const againRejectedMs = rejectionTimes(again, restartMs);
  for (let length = 1; length <= total; length++) {
    after.push(meanTime(runs, { rejectedMs: againRejectedMs, survivedMs: again.judgedMs, after }, length));
  }
  const firstMs = [0];
  const firstRejectedMs = rejectionTimes(first, restartMs);
  for (let length = 1; length <= total; length++) {
    firstMs.push(meanTime(runs, { rejectedMs: firstRejectedMs, survivedMs: first.judgedMs, after }, length));
  }
  return { againMs: after, firstMs };
}

function rejectionTimes({ rejectedMs }: Stretch, restartMs: readonly number[]): readonly number[] {
  return rejectedMs.map((ms, token) => ms + (restartMs[token] ?? 0));
}

interface Times {
  readonly rejectedMs: readonly number[];
  readonly survivedMs: readonly number[];
  /** Expected time of what is left after a rejection, by its length. */
  readonly after: readonly number[];
}

/** One line of the renewal equation: over where the first wrong token may be, or that there is none. */
function meanTime({ endsAt, survives }: RunLengths, { rejectedMs, survivedMs, after }: Times, length: number): number {
  let sum = (survives[length] ?? 0) * (survivedMs[length] ?? 0);
  for (let token = 1; token <= length; token++) {
    sum += (endsAt[token] as number) * ((rejectedMs[token] as number) + (after[length - token] as number));
  }
  return sum;
}
