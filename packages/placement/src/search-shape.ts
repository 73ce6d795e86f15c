// SPDX-License-Identifier: Apache-2.0
//
// Looks for the draft lengths and the window of a chain. The expected time is smooth in both but for block borders, so a
// coarse look over lengths, then windows, then neighbours finds what a full search finds, in a tenth of the estimates.
import type { ChainEstimator } from './estimate-drafting.ts';
import type { DraftingShape } from './plan.ts';

/** Tokens that may wait: more than any link takes to fill. */
const MAX_AHEAD = 96;
const USUAL: readonly [readonly number[], number] = [[8], 16];
const OTHER_WINDOWS = [1, 2, 8];

/** A shape and what it takes. */
export interface RatedShape {
  readonly shape: DraftingShape;
  readonly expectedMs: number;
}

/** Drafts of 8, 16 blocks under way: never far from the best. */
export function usualShape(estimator: ChainEstimator): RatedShape {
  return rateShape(estimator, ...USUAL);
}

/** The fastest shape for a chain, from its usual one on. */
export function searchShape(estimator: ChainEstimator, usual: RatedShape): RatedShape {
  const rate = (draftLengths: readonly number[], window: number): RatedShape =>
    rateShape(estimator, draftLengths, window);
  let best = fastest([usual, ...[3, 16].map(length => rate([length], usual.shape.window))]);
  best = fastest([best, ...OTHER_WINDOWS.map(window => rate(best.shape.draftLengths, window)), rate([2], 2)]);
  const { window } = best.shape;
  best = fastest([best, ...neighbours(lengthOf(best)).map(length => rate([length], window))]);
  best = fastest([best, ...neighbours(lengthOf(best)).map(length => rate([length], window))]);
  const length = lengthOf(best);
  return fastest([best, rate([Math.max(1, length >> 1), length], window), rate([length, 2 * length], window)]);
}

function rateShape(estimator: ChainEstimator, draftLengths: readonly number[], window: number): RatedShape {
  const shape = { draftLengths, window, maxAhead: MAX_AHEAD, pull: 0 };
  return { shape, expectedMs: estimator.expectedMs(shape) };
}

function lengthOf({ shape }: RatedShape): number {
  return shape.draftLengths.at(-1) ?? 1;
}

function neighbours(length: number): readonly number[] {
  const step = Math.max(1, Math.round(length / 3));
  return [Math.max(1, length - step), Math.min(32, length + step)];
}

function fastest(shapes: readonly RatedShape[]): RatedShape {
  return shapes.reduce((best, other) => (other.expectedMs < best.expectedMs ? other : best));
}
