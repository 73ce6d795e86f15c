// SPDX-License-Identifier: Apache-2.0
import type { OpenFeatures } from '@aiflow/protocol';
import { expect, test } from 'vitest';
import { type HeldTokens, planOpening } from './plan-opening.ts';

function opening(change: Partial<OpenFeatures> = {}): OpenFeatures {
  return {
    ...{ session: 's', epoch: 1, family: 'nano', featureSpace: 'f', tensorContract: 't', computeFormat: 'fp32' },
    ...{ wireFormat: 'fp32', layer: 5, width: 8, includesCache: false, from: 0, ownTokens: 0, ownExit: 5 },
    ...{ prompt: [1, 2, 3], answer: [10, 11], keepsOwn: false },
    ...change,
  };
}

/** Prompt of 3, four answer tokens, the last of which the engine may not hold. */
const HELD: HeldTokens = { opening: opening(), answer: [10, 11, 12, 13], computed: 6, inEngine: 3 };

test('nothing held, another prompt or other sampling begin anew', () => {
  const anew = { goesOn: false, answer: [10, 11], standing: 0, computed: 0, inEngine: 0 };
  const sampling = { temperature: 1, seed: 3 };
  expect(planOpening(undefined, opening())).toEqual(anew);
  expect(planOpening(HELD, opening({ prompt: [1, 2] }))).toEqual(anew);
  expect(planOpening(HELD, opening({ prompt: [1, 2, 4] }))).toEqual(anew);
  expect(planOpening(HELD, opening({ sampling }))).toEqual(anew);
});

test('an opening goes on as far as its answer equals the one held', () => {
  const plan = planOpening(HELD, opening({ answer: [10, 99, 12] }));
  expect(plan).toEqual({ goesOn: true, answer: [10, 99, 12], standing: 1, computed: 6, inEngine: 1 });
});

test('what the source said after the answer stands where that is asked for, unless the answer parts from it', () => {
  expect(planOpening(HELD, opening({ keepsOwn: true }))).toMatchObject({
    answer: HELD.answer,
    standing: 4,
    inEngine: 3,
  });
  const parted = planOpening(HELD, opening({ keepsOwn: true, answer: [10, 99] }));
  expect(parted).toMatchObject({ answer: [10, 99], standing: 1 });
});

test('features of a deeper layer than was held are computed again', () => {
  expect(planOpening(HELD, opening({ layer: 6 })).computed).toBe(0);
  expect(planOpening(HELD, opening({ layer: 4 })).computed).toBe(6);
});
