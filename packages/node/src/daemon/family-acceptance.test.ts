// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '@aiflow/model';
import { expect, test } from 'vitest';
import { acceptanceOf } from './family-acceptance.ts';

type Exit = FamilyManifest['exits'][number];

function exit(depth: number, agreement: number | undefined): Exit {
  const size = { segments: [], parameters: 0, bytes: 0, scores: {}, tokensPerVerify: undefined };
  const smaller = { rung: 1, agreement: 0.1, ...size };
  return { depth, rungs: [smaller, { rung: 2, agreement, ...size }], confidence: [] };
}

test('the whole exit counts: its measured agreement with the deepest, and the product between two others', () => {
  expect(acceptanceOf({ exits: [exit(1, 0.9), exit(5, 0.8), exit(11, 0.99)] })).toEqual([
    { draftExit: 1, judgeExit: 5, byPosition: [expect.closeTo(0.72)] },
    { draftExit: 1, judgeExit: 11, byPosition: [0.9] },
    { draftExit: 5, judgeExit: 11, byPosition: [0.8] },
  ]);
});

test('an exit that was not measured promises nothing', () => {
  expect(acceptanceOf({ exits: [exit(1, undefined), exit(5, 0.8), exit(11, undefined)] })).toEqual([
    { draftExit: 5, judgeExit: 11, byPosition: [0.8] },
  ]);
});
