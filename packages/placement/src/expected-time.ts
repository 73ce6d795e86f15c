// SPDX-License-Identifier: Apache-2.0
//
// From one stretch without rejections to the expected time of a whole answer. After a rejection everything begins anew
// at the token that replaced the wrong one, so an answer is a row of stretches and its time obeys a renewal equation,
// solved from the end of the answer backwards.
import type { Stretch } from './pipeline.ts';

/** Chance by length of the run that begins an answer or follows a rejection. Index 0 is not used. */
export interface RunLengths {
  /** The first wrong token is this one. */
  readonly endsAt: Float64Array;
  /** All up to this one are right. */
  readonly survives: Float64Array;
}

/** From the chance that the token at each place is right. */
export function runLengths(acceptance: Float64Array, total: number): RunLengths {
  const endsAt = new Float64Array(total + 1);
  const survives = new Float64Array(total + 1);
  survives[0] = 1;
  for (let token = 1; token <= total; token++) {
    const right = acceptance[token - 1] ?? 1;
    const alive = survives[token - 1] ?? 0;
    endsAt[token] = alive * (1 - right);
    survives[token] = alive * right;
  }
  return { endsAt, survives };
}

/** What a rejection costs beside its stretch: by token, in milliseconds. */
export type RestartCost = (token: number) => number;

/**
 * Expected time until an answer of 0 to `total` tokens is whole, by its length. `first` is the stretch that begins it,
 * `again` those after a rejection; the result is for an answer that has just been rejected, but for its last value,
 * `wholeMs`, which is for one that begins.
 */
export function expectedAnswerTimes(
  runs: RunLengths,
  { first, again }: { readonly first: Stretch; readonly again: Stretch },
  restartMs: RestartCost,
): { readonly remainderMs: Float64Array; readonly wholeMs: number } {
  const total = runs.endsAt.length - 1;
  const remainderMs = new Float64Array(total + 1);
  const mean = (stretch: Stretch, length: number): number => {
    let sum = (runs.survives[length] ?? 0) * (stretch.endedMs[length] ?? 0);
    for (let token = 1; token <= length; token++) {
      const rest = remainderMs[length - token] ?? 0;
      const extra = token === length ? 0 : restartMs(token);
      sum += (runs.endsAt[token] ?? 0) * ((stretch.rejectedMs[token] ?? 0) + extra + rest);
    }
    return sum;
  };
  for (let length = 1; length <= total; length++) remainderMs[length] = mean(again, length);
  return { remainderMs, wholeMs: mean(first, total) };
}

/** Expected time until so many tokens are judged, by their number, while the answer goes on behind them. */
export function expectedJudgedTimes(
  runs: RunLengths,
  { first, again }: { readonly first: Stretch; readonly again: Stretch },
  restartMs: RestartCost,
): { readonly againMs: Float64Array; readonly firstMs: Float64Array } {
  const total = runs.endsAt.length - 1;
  const againMs = new Float64Array(total + 1);
  const firstMs = new Float64Array(total + 1);
  const mean = (stretch: Stretch, length: number): number => {
    let sum = (runs.survives[length] ?? 0) * (stretch.judgedMs[length] ?? 0);
    for (let token = 1; token <= length; token++) {
      const extra = token === length ? 0 : restartMs(token);
      sum += (runs.endsAt[token] ?? 0) * ((stretch.rejectedMs[token] ?? 0) + extra + (againMs[length - token] ?? 0));
    }
    return sum;
  };
  for (let length = 1; length <= total; length++) againMs[length] = mean(again, length);
  for (let length = 1; length <= total; length++) firstMs[length] = mean(first, length);
  return { againMs, firstMs };
}
