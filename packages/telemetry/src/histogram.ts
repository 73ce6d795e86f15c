// SPDX-License-Identifier: Apache-2.0

/** Observations counted by bucket, with their sum. */
export interface Histogram {
  observe(value: number): void;
  /** Upper bounds, ascending; one more bucket holds what lies above the last. */
  readonly bounds: readonly number[];
  /** Observations at or below each bound, then all of them. */
  cumulative(): readonly number[];
  readonly sum: number;
}

/** Seconds an exchange takes: from a call within a node to one over a bad link. */
export const DURATION_BOUNDS_SECONDS: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** An empty histogram. prom-client's own costs a label hash an observation, which is too much for every call. */
export function createHistogram(bounds: readonly number[]): Histogram {
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    bounds,
    observe: value => {
      let bucket = 0;
      while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      sum += value;
    },
    cumulative: () => {
      let total = 0;
      return Array.from(counts, count => {
        total += count;
        return total;
      });
    },
    get sum() {
      return sum;
    },
  };
}
