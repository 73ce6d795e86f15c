// SPDX-License-Identifier: Apache-2.0
import type { ExitPolicy } from '@aiflow/model';

/** What a synthetic engine's policies go by. */
export interface SyntheticChoice {
  /** Ascending. */
  readonly exits: readonly number[];
  readonly stepMs: number;
  /** Tokens of the call. */
  readonly count: number;
  /** The margin of an exit at the present token. */
  readonly marginOf: (exit: number) => number;
}

/** The exit that decides one token. A step costs the same at every exit here, so a budget that is short allows the shallowest. */
export function chooseSyntheticExit(policy: ExitPolicy, choice: SyntheticChoice): number {
  switch (policy.kind) {
    case 'fixed':
      return policy.exit;
    case 'confidence':
      return policy.steps.find(({ exit, minMargin }) => choice.marginOf(exit) >= minMargin)?.exit ?? policy.last;
    case 'budget': {
      const { timeMs = Number.POSITIVE_INFINITY, joules = Number.POSITIVE_INFINITY, watts = 1 } = policy.budget;
      const allowedMs = Math.min(timeMs, (1000 * joules) / watts);
      const isShort = allowedMs < choice.count * choice.stepMs;
      return isShort ? (choice.exits[0] ?? 0) : chooseSyntheticExit(policy.within, choice);
    }
  }
}
