// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RelayingEngine } from '../src/engine.ts';
import { openFamilyFolder } from '../src/manifest/family-folder.ts';
import { loneRun, useEnginePair } from './engines.ts';
import { createRandomFamily } from './random-family.ts';
import { createReferenceModel } from './reference-model.ts';

const engines = useEnginePair(5);

const PROMPT = [1, 40, 77, 130, 9, 201, 55, 2];
const token = fc.integer({ min: 4, max: 259 });
const prompts = fc.array(token, { minLength: 1, maxLength: 90, size: 'max' });
const exits = fc.constantFrom(1, 3, 4);

describe('against plain loops in double precision', () => {
  test('every exit gives the same best token and margin, past a prefill block and in the answer', async () => {
    const folder = engines.workspace.path('reference');
    await createRandomFamily(folder);
    const reference = await createReferenceModel(await openFamilyFolder(folder));
    const prompt = Array.from({ length: 70 }, (_, index) => 4 + ((index * 37) % 256));
    for (const exit of [1, 3, 4]) {
      await engines.plain.open({ session: 'reference', prompt });
      const { tokens, margins } = await engines.plain.draft({ session: 'reference', exit, base: 0, count: 3 });
      tokens.forEach((chosen, index) => {
        const logits = reference.logits([...prompt, ...tokens.slice(0, index)], exit);
        const sorted = [...logits].sort((left, right) => right - left);
        expect(logits.indexOf(sorted[0]!)).toBe(chosen);
        expect(margins[index]).toBeCloseTo(sorted[0]! - sorted[1]!, 3);
      });
    }
  });

  test('the bits of a text are the sum of its tokens under the softmax', async () => {
    const folder = engines.workspace.path('reference');
    const reference = await createReferenceModel(await openFamilyFolder(folder));
    let bits = 0;
    for (let length = 1; length < PROMPT.length; length++) {
      const logits = reference.logits(PROMPT.slice(0, length), 3);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      bits -= Math.log2(Math.exp(logits[PROMPT[length]!]!) / total);
    }
    expect(await engines.plain.measureBits({ exit: 3, ids: PROMPT })).toBeCloseTo(bits, 3);
  });
});

/** Decodes by verifying proposals of arbitrary lengths, some right and some wrong, at one exit. */
async function decodeByVerifying(
  engine: RelayingEngine,
  plan: { session: string; exit: number; truth: readonly number[]; splits: readonly number[]; wrongEvery: number },
): Promise<{ tokens: readonly number[]; nearTies: number }> {
  const { session, exit, truth, splits, wrongEvery } = plan;
  const tokens: number[] = [];
  let nearTies = 0;
  for (let round = 0; tokens.length < truth.length; round++) {
    const proposed = truth.slice(tokens.length, tokens.length + splits[round % splits.length]!);
    if (round % wrongEvery === 0 && proposed.length > 0) proposed[proposed.length - 1]! ^= 1;
    const verdict = await engine.verify({ session, exit, base: tokens.length, tokens: proposed });
    nearTies += verdict.nearTies;
    tokens.push(...proposed.slice(0, verdict.accepted));
    if (verdict.correction !== undefined) tokens.push(verdict.correction);
    if (verdict.finished) break;
  }
  return { tokens: tokens.slice(0, truth.length), nearTies };
}

describe('a verified answer equals the lone run of the exit', () => {
  const plans = fc.record({
    prompt: prompts,
    exit: exits,
    splits: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 4 }),
    wrongEvery: fc.integer({ min: 2, max: 4 }),
    seed: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
  });
  const equalsLoneRun = async (
    engine: RelayingEngine,
    plan: { prompt: number[]; exit: number; splits: number[]; wrongEvery: number; seed: number | undefined },
  ): Promise<number> => {
    const { prompt, seed, ...rest } = plan;
    const sampling = seed === undefined ? {} : { sampling: { temperature: 0.8, topK: 20, topP: 0.9, seed } };
    const truth = await loneRun(engine, {
      prompt,
      exit: plan.exit,
      count: 40,
      ...(seed === undefined ? {} : { seed }),
    });
    await engine.open({ session: 'verified', prompt, ...sampling });
    const { tokens, nearTies } = await decodeByVerifying(engine, { session: 'verified', truth, ...rest });
    expect(tokens).toEqual(truth);
    return nearTies;
  };

  test('for any split into blocks, right and wrong proposals, greedy and sampled', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async plan => {
        await equalsLoneRun(engines.plain, plan);
      }),
      { numRuns: 25, endOnFailure: true, seed: 7 },
    );
  }, 120_000);

  test('also where nearly every choice is a near tie, which are counted', async () => {
    let nearTies = 0;
    await fc.assert(
      fc.asyncProperty(plans, async plan => {
        nearTies += await equalsLoneRun(engines.twins, plan);
      }),
      { numRuns: 25, endOnFailure: true, seed: 7 },
    );
    expect(nearTies).toBeGreaterThan(20);
  }, 120_000);
});

test('switching exits mid-answer gives at each token what a lone run at that exit says of the same beginning', async () => {
  const legs = fc.array(fc.record({ exit: exits, count: fc.integer({ min: 1, max: 9 }) }), {
    minLength: 2,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(prompts, legs, fc.constantFrom('plain', 'twins'), async (prompt, plan, which) => {
      const engine = which === 'plain' ? engines.plain : engines.twins;
      await engine.open({ session: 'switching', prompt });
      const answer: number[] = [];
      for (const { exit, count } of plan) {
        const { tokens, finished } = await engine.draft({ session: 'switching', exit, base: answer.length, count });
        for (const [index, made] of tokens.entries()) {
          await engine.open({ session: 'check', prompt });
          const given = [...answer, ...tokens.slice(0, index)];
          const check = await engine.verify({ session: 'check', exit, base: 0, tokens: given });
          await engine.open({ session: 'check', prompt });
          const own = await engine.draft({ session: 'check', exit, base: 0, given, count: 1 });
          expect(made).toBe(own.tokens[0]);
          expect(check.margins.length).toBe(check.accepted + (check.correction === undefined ? 0 : 1));
        }
        answer.push(...tokens);
        if (finished) break;
      }
    }),
    { numRuns: 8, endOnFailure: true, seed: 7 },
  );
}, 120_000);

test('cropping anywhere and drafting again gives the same continuation', async () => {
  const truth = await loneRun(engines.plain, { prompt: PROMPT, exit: 4, count: 30 });
  await engines.plain.open({ session: 'cropped', prompt: PROMPT });
  await engines.plain.draft({ session: 'cropped', exit: 4, base: 0, count: 30 });
  for (const base of [17, 3, 29, 0]) {
    const held = truth.slice(0, base);
    await engines.plain.draft({ session: 'cropped', exit: 4, base: 0, given: [...held, 99, 98], count: 1 });
    const again = await engines.plain.draft({ session: 'cropped', exit: 4, base, count: 30 - base });
    expect([...held, ...again.tokens]).toEqual(truth);
  }
});

test('a session opened elsewhere from prompt and answer goes on as the first one did', async () => {
  const truth = await loneRun(engines.twins, { prompt: PROMPT, exit: 3, count: 24 });
  await engines.twins.open({ session: 'moved', prompt: PROMPT, answer: truth.slice(0, 11) });
  const rest = await engines.twins.draft({ session: 'moved', exit: 3, base: 11, count: 13 });
  expect([...truth.slice(0, 11), ...rest.tokens]).toEqual(truth);
});

test('sessions do not touch each other when their calls interleave', async () => {
  const alone = await Promise.all(
    [1, 3, 4].map(exit => loneRun(engines.plain, { prompt: [...PROMPT, exit + 4], exit, count: 20 })),
  );
  await Promise.all(
    [1, 3, 4].map(exit => engines.plain.open({ session: `mixed-${exit}`, prompt: [...PROMPT, exit + 4] })),
  );
  const together = await Promise.all(
    [1, 3, 4].map(exit => engines.plain.draft({ session: `mixed-${exit}`, exit, base: 0, count: 20 })),
  );
  expect(together.map(result => result.tokens)).toEqual(alone);
});

test('calls for one session run in the order they were made', async () => {
  const truth = await loneRun(engines.plain, { prompt: PROMPT, exit: 1, count: 9 });
  const [, first, second] = await Promise.all([
    engines.plain.open({ session: 'ordered', prompt: PROMPT }),
    engines.plain.draft({ session: 'ordered', exit: 1, base: 0, count: 4 }),
    engines.plain.draft({ session: 'ordered', exit: 1, base: 4, count: 5 }),
  ]);
  expect([...first.tokens, ...second.tokens]).toEqual(truth);
});

test('an answer ends at the end token, in drafts and in verdicts', async () => {
  const sampling = { temperature: 30, seed: 5 };
  await engines.plain.open({ session: 'ending', prompt: PROMPT, sampling });
  let answer: number[] = [];
  for (let seed = 5; ; seed++) {
    await engines.plain.open({ session: 'ending', prompt: PROMPT, sampling: { temperature: 30, seed } });
    const drafted = await engines.plain.draft({ session: 'ending', exit: 1, base: 0, count: 180 });
    answer = [...drafted.tokens];
    if (!drafted.finished) continue;
    expect(answer.indexOf(3)).toBe(answer.length - 1);
    await engines.plain.open({ session: 'ended', prompt: PROMPT, sampling: { temperature: 30, seed } });
    const beyond = await engines.plain.verify({ session: 'ended', exit: 1, base: 0, tokens: [...answer, 50, 51] });
    expect(beyond).toMatchObject({ accepted: answer.length, correction: undefined, finished: true });
    const short = await engines.plain.verify({ session: 'ended', exit: 1, base: 0, tokens: answer.slice(0, -1) });
    expect(short).toMatchObject({ accepted: answer.length - 1, correction: 3, finished: true });
    return;
  }
});
