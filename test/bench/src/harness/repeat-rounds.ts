// SPDX-License-Identifier: Apache-2.0
import type { CaseContext } from './bench-case.ts';

/** How often a case goes round, and how long a quick run may take for that. */
export interface RoundPlan {
  readonly full: number;
  readonly quick: number;
}

/** A quick run starts no further round after this, so that it stays under a minute also on a busy machine. */
const QUICK_LIMIT_MS = 30_000;

/** Calls `work` once a round: at least once, and until the plan is done, a quick run's time is up, or the signal aborts. */
export async function repeatRounds(
  { quick, progress, signal }: CaseContext,
  plan: RoundPlan,
  work: (round: number) => Promise<void>,
): Promise<void> {
  const count = quick ? plan.quick : plan.full;
  const beganMs = performance.now();
  for (let round = 0; round < count; round++) {
    signal.throwIfAborted();
    if (round > 0 && quick && performance.now() - beganMs > QUICK_LIMIT_MS) {
      progress(`stopped after ${round} of ${count} rounds: the machine is busy`);
      return;
    }
    progress(`round ${round + 1} of ${count}`);
    await work(round);
  }
}
