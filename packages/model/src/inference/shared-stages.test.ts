// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openHashed } from '../../test/hashed-stages.ts';
import { type DecodeContext, draftTokens, verifyTokens } from './decoder.ts';
import { advance } from './ladder.ts';
import { createSharedStages } from './shared-stages.ts';

const start = (prompt: readonly number[]): DecodeContext => openHashed(prompt).at(2);

const prompts = fc.array(fc.integer({ min: 4, max: 60 }), { minLength: 1, maxLength: 150, size: 'max' });
const rounds = fc.array(
  fc.record({ draft: fc.integer({ min: 0, max: 3 }), propose: fc.integer({ min: 0, max: 34 }), wrongAt: fc.nat(100) }),
  { minLength: 3, maxLength: 7 },
);

test('sessions that share their runs say what each says alone, whatever they draft and verify', async () => {
  let nearTies = 0;
  const speaker = fc.record({ prompt: prompts, plan: rounds });
  await fc.assert(
    fc.asyncProperty(fc.array(speaker, { minLength: 2, maxLength: 5 }), async speakers => {
      const [{ rungs }] = [start([4])];
      const shared = createSharedStages(speakers.length);
      await Promise.all(
        speakers.map(async ({ prompt, plan }) => {
          const sharer = shared.join();
          const truth = (await draftTokens(start(prompt), 300)).tokens;
          const context = { ...start(prompt), rungs: sharer.share(new Map([[2, rungs]])).get(2)! };
          const { session } = context;
          for (const { draft, propose, wrongAt } of plan) {
            await draftTokens(context, draft);
            const base = session.answerLength;
            const proposed = truth.slice(base, base + propose);
            session.replaceFrom(
              base,
              proposed.map((token, index) => (index === wrongAt ? 63 : token)),
            );
            const verdict = await verifyTokens(context, base);
            expect(verdict.accepted).toBe(Math.min(wrongAt, proposed.length));
            nearTies += verdict.nearTies;
          }
          expect(session.tokens(prompt.length, session.length)).toEqual(truth.slice(0, session.answerLength));
          sharer.leave();
        }),
      );
      const rows = speakers.reduce((sum, { prompt }) => sum + prompt.length, 0);
      expect(rungs.exit.work.rows).toBeGreaterThan(rows);
    }),
    { numRuns: 15, endOnFailure: true, seed: 7 },
  );
  expect(nearTies).toBeGreaterThan(200);
});

test('sessions in step share every run', async () => {
  const shared = createSharedStages(4);
  const { rungs } = start([4]);
  await Promise.all(
    [11, 12, 13, 14].map(async token => {
      const sharer = shared.join();
      const context = { ...start([token]), rungs: sharer.share(new Map([[2, rungs]])).get(2)! };
      await draftTokens(context, 1);
      sharer.leave();
    }),
  );
  expect(rungs.exit.work).toMatchObject({ runs: 4, rows: 4 }); // prompts run alone
  const again = createSharedStages(4);
  const contexts = [21, 22, 23, 24].map(token => start([token]));
  for (const context of contexts) await draftTokens({ ...context, rungs }, 1);
  const before = rungs.exit.work.runs;
  await Promise.all(
    contexts.map(async context => {
      const sharer = again.join();
      context.session.replaceFrom(1, [5, 6, 7]);
      const stages = sharer.share(new Map([[2, rungs]])).get(2)!;
      await advance({ ...context, rungs: stages }, context.session.length);
      sharer.leave();
    }),
  );
  expect(rungs.exit.work.runs - before).toBe(1);
});
