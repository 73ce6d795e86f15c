// SPDX-License-Identifier: Apache-2.0
//
// Which exits one token may go through, shallow to deep. The engine climbs: the first exit whose margin suffices decides,
// else the last one.
//
// Y1  A plan is never empty and its last step decides whatever its margin is.
// Y2  A budget counts with the dearest way through the plan: every exit on it asked, for every token that is left.
// Y3  The shallowest exit is always within a budget, so that there is an answer. Budgets in each other all hold.
import type { ConfidenceStep, ExitBudget, ExitPolicy } from './exit-policy.ts';

/** What a budget is counted with. */
export interface ClimbFacts {
  /** Exits that can be run, ascending. */
  readonly exits: readonly number[];
  /** Tokens still to be made, the present one too. */
  readonly tokensLeft: number;
  /** Time the call has taken so far. */
  readonly spentMs: number;
  /** Time of a token that asks each of these exits. */
  tokenMs(exits: readonly number[]): number;
}

/** The way of one token through exits (Y1). The policy must have been checked against the same exits. */
export function planClimb(policy: ExitPolicy, facts: ClimbFacts): readonly ConfidenceStep[] {
  let leftMs = Number.POSITIVE_INFINITY;
  let leaf = policy;
  for (; leaf.kind === 'budget'; leaf = leaf.within) leftMs = Math.min(leftMs, allowedMs(leaf.budget));
  const whole = stepsOf(leaf);
  if (leftMs === Number.POSITIVE_INFINITY) return whole;
  leftMs -= facts.spentMs;
  for (const cap of [...facts.exits].reverse()) {
    const steps = capped(whole, cap, facts.exits);
    const needMs = facts.tokensLeft * facts.tokenMs(steps.map(step => step.exit));
    if (needMs <= leftMs || cap === facts.exits[0]) return steps;
  }
  return whole;
}

function allowedMs({ timeMs = Number.POSITIVE_INFINITY, joules, watts = 1 }: ExitBudget): number {
  return joules === undefined ? timeMs : Math.min(timeMs, (1000 * joules) / watts);
}

function stepsOf(leaf: Exclude<ExitPolicy, { kind: 'budget' }>): readonly ConfidenceStep[] {
  return leaf.kind === 'fixed'
    ? [{ exit: leaf.exit, minMargin: 0 }]
    : [...leaf.steps, { exit: leaf.last, minMargin: 0 }];
}

/** The same way up to `cap`; where it ends early, the deepest exit under the cap decides. */
function capped(steps: readonly ConfidenceStep[], cap: number, exits: readonly number[]): readonly ConfidenceStep[] {
  const deepest = steps.at(-1)?.exit ?? cap;
  const last = exits.findLast(exit => exit <= Math.min(cap, deepest)) ?? deepest;
  return [...steps.filter(step => step.exit < last), { exit: last, minMargin: 0 }];
}
