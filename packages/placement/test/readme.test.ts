import { expect, test } from 'vitest';
import { createPlacement } from '../src/index.ts';

test('the example of the README says what it promises', () => {
  const placement = createPlacement();
  const decision = placement.decide({
    ...{ referenceExit: 11, promptTokens: 40, answerTokens: 60 },
    owner: { node: 'drone', tier: 'device', exits: [{ exit: 1, format: 'fp32', stepMs: 1.5 }] },
    others: [{ node: 'hall', tier: 'cloud', link: { rttMs: 40 }, exits: [{ exit: 11, format: 'fp32', stepMs: 8.7 }] }],
    acceptance: [{ draftExit: 1, judgeExit: 11, byPosition: [0.97] }],
  });
  expect(decision?.plan).toMatchObject({ kind: 'two-tiers' });
  expect(decision?.plan.draftLengths.length).toBeGreaterThan(0);
  expect(decision?.reasons[0]).toMatch(/^drone exit 1 drafts, hall exit 11 judges: \d+ ms for about 60 tokens$/);
});
