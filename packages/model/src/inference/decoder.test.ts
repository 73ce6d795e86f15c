// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openHashed } from '../../test/hashed-stages.ts';
import { draftTokens, verifyTokens } from './decoder.ts';

const start = (prompt: readonly number[]) => openHashed(prompt).at(2);

const prompts = fc.array(fc.integer({ min: 4, max: 60 }), { minLength: 1, maxLength: 150, size: 'max' });
const rounds = fc.array(
  fc.record({ draft: fc.integer({ min: 0, max: 3 }), propose: fc.integer({ min: 0, max: 34 }), wrongAt: fc.nat(100) }),
  { minLength: 3, maxLength: 7 },
);

test('whatever mix of drafts and verified blocks, right or wrong, an answer is the lone run of its exit', async () => {
  let nearTies = 0;
  await fc.assert(
    fc.asyncProperty(prompts, rounds, async (prompt, plan) => {
      const truth = (await draftTokens(start(prompt), 300)).tokens;
      const context = start(prompt);
      const { session } = context;
      for (const { draft, propose, wrongAt } of plan) {
        await draftTokens(context, draft);
        const base = session.answerLength;
        const proposed = truth.slice(base, base + propose);
        const wrong = proposed.map((token, index) => (index === wrongAt ? 63 : token));
        session.replaceFrom(base, wrong);
        const verdict = await verifyTokens(context, base);
        expect(verdict.accepted).toBe(Math.min(wrongAt, proposed.length));
        nearTies += verdict.nearTies;
      }
      const held = session.tokens(prompt.length, prompt.length + session.answerLength);
      expect(held).toEqual(truth.slice(0, held.length));
    }),
    { numRuns: 40, endOnFailure: true, seed: 7 },
  );
  expect(nearTies).toBeGreaterThan(200);
});

test('a lone run never decides twice: it is canonical from its first token on', async () => {
  const context = start(Array.from({ length: 100 }, (_, index) => 4 + (index % 40)));
  await draftTokens(context, 50);
  const decisions = context.session.decisionsOf(context.rungs.exit);
  expect(decisions.length).toBe(50);
  expect(decisions.every(decision => decision.canonical)).toBe(true);
});

test('an exit used late is filled from the feature log and decides as if it had been used from the start', async () => {
  const prompt = [9, 8, 7];
  const truth = (await draftTokens(start(prompt), 40)).tokens;
  const engine = openHashed(prompt);
  const context = engine.at(2);
  await draftTokens(engine.at(1), 20);
  context.session.replaceFrom(0, truth.slice(0, 20));
  const { accepted } = await verifyTokens(context, 0);
  expect(accepted).toBe(20);
  const { tokens } = await draftTokens(context, 10);
  expect(tokens).toEqual(truth.slice(21, 31));
});
