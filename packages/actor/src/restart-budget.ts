// SPDX-License-Identifier: Apache-2.0
import type { Clock, Random } from '@aiflow/time';
import { backoffMs } from './backoff.ts';
import type { SupervisionOptions } from './define-actor.ts';

/** What follows a fault. */
export type RestartDecision =
  | { readonly action: 'restart'; readonly pauseMs: number }
  | { readonly action: 'stop'; readonly restarts: number; readonly windowMs: number };

/** Decides how often, and after which pause, one actor may come back. */
export interface RestartBudget {
  /** Counts a fault that happened now. */
  onFault(): RestartDecision;
}

/** Counts faults in a sliding window; the pause grows with the faults still inside it, and is short again after calm. */
export function createRestartBudget(
  collaborators: { readonly clock: Clock; readonly random: Random },
  options: SupervisionOptions = {},
): RestartBudget {
  const { clock, random } = collaborators;
  const { initialBackoffMs = 100, maxBackoffMs = 30_000, maxRestarts = 10, windowMs = 60_000 } = options;
  let faultTimes: number[] = [];
  return {
    onFault: () => {
      const nowMs = clock.nowMs();
      faultTimes = faultTimes.filter(timeMs => nowMs - timeMs < windowMs);
      if (faultTimes.length >= maxRestarts) return { action: 'stop', restarts: faultTimes.length, windowMs };
      const backoff = { initialMs: initialBackoffMs, maxMs: maxBackoffMs };
      const pauseMs = backoffMs(faultTimes.length, backoff, random);
      faultTimes.push(nowMs);
      return { action: 'restart', pauseMs };
    },
  };
}
