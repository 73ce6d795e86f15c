// SPDX-License-Identifier: Apache-2.0
import type { Random } from '@aiflow/time';

/** Pauses in milliseconds. */
export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
}

/**
 * The pause before attempt `attempt` (from 0): doubled each time up to `maxMs`, of which the upper half is random, so
 * that actors felled together do not come back together ("equal jitter").
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: Random): number {
  const ceilingMs = Math.min(options.maxMs, options.initialMs * 2 ** Math.min(attempt, 52));
  return ceilingMs / 2 + (ceilingMs / 2) * random.next();
}
