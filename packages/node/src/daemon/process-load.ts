// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import type { Clock } from '@aiflow/time';

/** How much of its processors this process uses. */
export interface ProcessLoad {
  /** Busy core-seconds per second and core since the reading before last, 0 to 1. */
  ratio(): number;
}

/** Two readings less than this apart say nothing. */
const MINIMUM_INTERVAL_MS = 500;

/** Measures between readings; the first one is 0. */
export function createProcessLoad(clock: Clock): ProcessLoad {
  const cores = availableParallelism();
  let readAtMs = clock.nowMs();
  let usage = process.cpuUsage();
  let latest = 0;
  return {
    ratio: () => {
      const elapsedMs = clock.nowMs() - readAtMs;
      if (elapsedMs < MINIMUM_INTERVAL_MS) return latest;
      const spent = process.cpuUsage(usage);
      latest = Math.min(1, (spent.user + spent.system) / 1000 / elapsedMs / cores);
      readAtMs += elapsedMs;
      usage = process.cpuUsage();
      return latest;
    },
  };
}
