// SPDX-License-Identifier: Apache-2.0
//
// Looks for the draft lengths and the window of a chain. The expected time is smooth in both but for block borders, so a
// coarse look over lengths, then windows, then neighbours finds what a full search finds, in a tenth of the estimates.
import type { ChainEstimator } from './estimate-drafting.ts';
import type { DraftingShape } from './plan.ts';

const COARSE_LENGTHS = [2, 4, 8, 16];
const WINDOWS = [1, 2, 3, 8];
const USUAL_WINDOW = 8;
/** Tokens that may wait: more than any link takes to fill. */
const MAX_AHEAD = 96;

/** A shape and what it takes. */
export interface RatedShape {
  readonly shape: DraftingShape;
  readonly expectedMs: number;
}

/** The fastest shape for a chain. */
export function searchShape(estimator: ChainEstimator): RatedShape {
  const rate = (draftLengths: readonly number[], window: number): RatedShape => {
    const shape = { draftLengths, window, maxAhead: MAX_AHEAD, pull: 0 };
    return { shape, expectedMs: estimator.expectedMs(shape) };
  };
  let best = fastest(COARSE_LENGTHS.map(length => rate([length], USUAL_WINDOW)));
  best = fastest([best, ...WINDOWS.flatMap(window => [2, 8].map(length => rate([length], window)))]);
  const { window } = best.shape;
  best = fastest([best, ...neighbours(lengthOf(best)).map(length => rate([length], window))]);
  best = fastest([best, ...neighbours(lengthOf(best)).map(length => rate([length], window))]);
  const length = lengthOf(best);
  const ramps = [
    [Math.max(1, length >> 1), length],
    [length, 2 * length],
    [length, length, 2 * length],
  ];
  return fastest([best, ...ramps.map(lengths => rate(lengths, window))]);
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
