// SPDX-License-Identifier: Apache-2.0
import type { Measurement } from './row.ts';

/** Gathers a run's rounds by metric. */
export interface RoundCollector {
  /** Adds one round's figure. Ignored for a metric that was found unavailable. */
  add(metric: string, value: number): void;
  /** Drops what the metric has: it can't be measured, for this reason. */
  unavailable(metric: string, reason: string): void;
  readonly measurements: ReadonlyMap<string, Measurement>;
}

export function createRoundCollector(): RoundCollector {
  const measurements = new Map<string, Measurement>();
  return {
    add: (metric, value) => {
      const known = measurements.get(metric);
      if (known !== undefined && 'unavailable' in known) return;
      measurements.set(metric, { rounds: [...(known?.rounds ?? []), value] });
    },
    unavailable: (metric, reason) => void measurements.set(metric, { unavailable: reason }),
    measurements,
  };
}

/** The order in which contenders take turns in a round: every other round backwards, so that drift favours nobody. */
export function interleave<T>(contenders: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? contenders : contenders.toReversed();
}
