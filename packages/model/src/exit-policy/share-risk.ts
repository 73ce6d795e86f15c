// SPDX-License-Identifier: Apache-2.0

import type { ConfidenceEntry } from '../manifest/manifest.ts';
import type { ConfidenceStep } from './exit-policy.ts';

/** What one exit was calibrated to. */
export interface CalibratedExit {
  readonly exit: number;
  /** Ascending by risk, so descending by margin. */
  readonly confidence: readonly ConfidenceEntry[];
}

/** Which exits decide at which margin, and what they risk together. */
export interface SharedRisk {
  /** Ascending; empty where no exit states so little. */
  readonly steps: readonly ConfidenceStep[];
  /** The sum of the risks stated for `steps`. */
  readonly risk: number;
}

/** Sums of risks as 0.1 + 0.2 are a hair above the number meant. */
const ROUNDING = 1e-12;

/**
 * Shares `risk` among exits, so that over all tokens of answers at most this share stops before the last exit and differs
 * from the deepest one's. Each risk is calibrated over all tokens, as if its exit stood alone; a token that reaches a
 * deeper exit was one the shallower were not sure of, and such are harder. What holds without knowing how much harder is
 * the union bound: P(stops early and differs) <= the sum over exits of P(margin met and differs) <= the sum of risks.
 *
 * The choice is greedy, from shallow to deep: each exit takes the largest stated risk that what is left allows, so the
 * shallowest and cheapest gets most; among entries of equal margin the one of the smallest risk. An exit that nothing is
 * left for is passed over, and those after a margin of 0 are left out, as no token reaches them.
 *
 * @param exits - Ascending by depth, all of them before the last.
 */
export function shareRisk(exits: readonly CalibratedExit[], risk: number): SharedRisk {
  const steps: ConfidenceStep[] = [];
  let spent = 0;
  for (const { exit, confidence } of exits) {
    const chosen = largestWithin(confidence, risk - spent);
    if (chosen === undefined) continue;
    steps.push({ exit, minMargin: chosen.margin });
    spent += chosen.risk;
    if (chosen.margin === 0) break;
  }
  return { steps, risk: Number(spent.toPrecision(12)) };
}

function largestWithin(confidence: readonly ConfidenceEntry[], left: number): ConfidenceEntry | undefined {
  const largest = confidence.findLast(entry => entry.risk <= left + ROUNDING);
  return confidence.find(entry => entry.margin === largest?.margin);
}
