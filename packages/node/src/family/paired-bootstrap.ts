// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom, type Random } from '@aiflow/time';

/** A difference with the interval that covers it in 95 % of resamplings. */
export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;
const TAIL = 0.025;

/**
 * The difference of two scores on the same questions, where a score is the unweighted mean over kinds. `pairs` holds,
 * by kind, one minus the other for each question: 1, 0 or -1. Percentile bootstrap over questions within kinds (Efron
 * and Tibshirani 1993, chapter 13), seeded, so that it gives the same interval again.
 */
export function bootstrapDifference(pairs: ReadonlyMap<string, readonly number[]>): Difference {
  const kinds = [...pairs.values()].filter(({ length }) => length > 0);
  const random = createSeededRandom('paired bootstrap');
  const resampled = Array.from({ length: RESAMPLES }, () => mean(kinds.map(kind => meanOfResample(kind, random))));
  resampled.sort((one, other) => one - other);
  return {
    difference: mean(kinds.map(mean)),
    low: resampled[Math.floor(TAIL * RESAMPLES)] ?? 0,
    high: resampled[Math.ceil((1 - TAIL) * RESAMPLES) - 1] ?? 0,
  };
}

function meanOfResample(values: readonly number[], random: Random): number {
  let sum = 0;
  for (let drawn = 0; drawn < values.length; drawn++) sum += values[random.below(values.length)] ?? 0;
  return sum / values.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
