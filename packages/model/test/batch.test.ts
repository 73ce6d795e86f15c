// SPDX-License-Identifier: Apache-2.0
//
// Several sessions at once give what each of them gives alone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchingEngine } from '../src/engine.ts';
import { loneRun, useEnginePair } from './engines.ts';

const engines = useEnginePair(2);

const exits = fc.constantFrom(1, 3, 4);
const speaker = fc.record({
  prompt: fc.array(fc.integer({ min: 4, max: 259 }), { minLength: 1, maxLength: 70, size: 'max' }),
  exit: exits,
  count: fc.integer({ min: 0, max: 14 }),
  seed: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
});
type Speaker = { prompt: number[]; exit: number; count: number; seed: number | undefined };
const speakers = fc.array(speaker, { minLength: 1, maxLength: 9, size: 'max' });

function fulfilled<Result>(outcome: PromiseSettledResult<Result>): Result {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

async function openAll(engine: BatchingEngine, who: readonly Speaker[]): Promise<readonly string[]> {
  const sampling = (seed: number): object => ({ sampling: { temperature: 0.8, topK: 20, topP: 0.9, seed } });
  return Promise.all(
    who.map(async ({ prompt, seed }, index) => {
      const session = `batch-${index}`;
      await engine.open({ session, prompt, ...(seed === undefined ? {} : sampling(seed)) });
      return session;
    }),
  );
}

async function textsAlone(engine: BatchingEngine, who: readonly Speaker[], extra = 0): Promise<readonly number[][]> {
  const texts: number[][] = [];
  for (const { prompt, exit, count, seed } of who) {
    const request = { prompt, exit, count: count + extra, ...(seed === undefined ? {} : { seed }) };
    texts.push([...(await loneRun(engine, request))]);
  }
  return texts;
}

describe.each(['plain', 'twins'])('in the %s family', which => {
  const engine = (): BatchingEngine => (which === 'plain' ? engines.plain : engines.twins);

  test('sessions drafted together, of any length, exit and count, say what each says alone', async () => {
    await fc.assert(
      fc.asyncProperty(speakers, async who => {
        const alone = await textsAlone(engine(), who);
        const sessions = await openAll(engine(), who);
        const outcomes = await engine().draftMany(
          who.map(({ exit, count }, index) => ({ session: sessions[index]!, exit, base: 0, count })),
        );
        expect(outcomes.map(outcome => [...fulfilled(outcome).tokens])).toEqual(alone);
      }),
      { numRuns: 12, seed: 11, endOnFailure: true },
    );
  }, 120_000);

  test('blocks verified together, right and wrong and of any size, get the verdicts each gets alone', async () => {
    await fc.assert(
      fc.asyncProperty(speakers, fc.nat(13), async (who, wrongAt) => {
        const texts = await textsAlone(engine(), who, 1);
        const sessions = await openAll(engine(), who);
        const outcomes = await engine().verifyMany(
          who.map(({ exit, count }, index) => {
            const tokens = texts[index]!.slice(0, count);
            if (wrongAt < tokens.length) tokens[wrongAt]! ^= 1;
            return { session: sessions[index]!, exit, base: 0, tokens };
          }),
        );
        outcomes.map(fulfilled).forEach(({ accepted, correction }, index) => {
          const truth = texts[index]!;
          const asked = Math.min(truth.length, who[index]!.count);
          expect(accepted).toBe(Math.min(wrongAt, asked));
          expect(correction).toBe(truth[accepted]);
        });
      }),
      { numRuns: 12, seed: 12, endOnFailure: true },
    );
  }, 120_000);
});

test('a batch shares its runs: eight sessions in step take as many as one', async () => {
  const prompts = Array.from({ length: 8 }, (_, index) => [5 + index, 60, 70 + 9 * index]);
  const runs = async (): Promise<number> =>
    (await engines.plain.status()).stages.reduce((sum, { runs: made }) => sum + made, 0);
  for (const [index, prompt] of prompts.entries()) await engines.plain.open({ session: `step-${index}`, prompt });
  const draft = (index: number, base: number, count: number): Parameters<BatchingEngine['draft']>[0] => ({
    session: `step-${index}`,
    exit: 4,
    base,
    count,
  });
  await engines.plain.draftMany(prompts.map((_, index) => draft(index, 0, 1)));
  const before = await runs();
  const outcomes = await engines.plain.draftMany(prompts.map((_, index) => draft(index, 1, 5)));
  const longest = Math.max(...outcomes.map(outcome => fulfilled(outcome).tokens.length));
  const stages = 4; // the trunk is cut at exits 1, 3 and 4, then the exit
  expect((await runs()) - before).toBeLessThanOrEqual(longest * stages + 4);
});

describe('each request fails alone', () => {
  test('the others of the batch are answered', async () => {
    const prompt = [9, 8, 7];
    const truth = await loneRun(engines.plain, { prompt, exit: 3, count: 4 });
    await engines.plain.open({ session: 'fine', prompt });
    await engines.plain.open({ session: 'other', prompt });
    const outcomes = await engines.plain.draftMany([
      { session: 'missing', exit: 3, base: 0, count: 4 },
      { session: 'fine', exit: 3, base: 0, count: 4 },
      { session: 'other', exit: 2, base: 0, count: 4 },
      { session: 'fine', exit: 3, base: 0, count: 1 },
      { session: 'other', exit: 3, base: 5, count: 1 },
    ]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'not-found', message: expect.stringContaining('missing is not held') } },
      { status: 'fulfilled', value: { tokens: truth } },
      { status: 'rejected', reason: { code: 'not-found', message: expect.stringContaining('exit 2 is not loaded') } },
      { status: 'rejected', reason: { code: 'invalid-argument', message: expect.stringContaining('asked twice') } },
      { status: 'rejected', reason: { code: 'invalid-argument', message: expect.stringContaining('asked twice') } },
    ]);
  });

  test('nothing asked is nothing answered', async () => {
    expect(await engines.plain.verifyMany([])).toEqual([]);
  });

  test('an aborted batch fails with the reason and leaves every session at its base', async () => {
    const prompts = [
      [4, 5, 6],
      [7, 8, 9],
    ];
    const truths: (readonly number[])[] = [];
    for (const prompt of prompts) truths.push(await loneRun(engines.plain, { prompt, exit: 4, count: 8 }));
    for (const [index, prompt] of prompts.entries()) await engines.plain.open({ session: `abort-${index}`, prompt });
    const controller = new AbortController();
    const requests = prompts.map((_, index) => ({ session: `abort-${index}`, exit: 4, base: 0, count: 150 }));
    const drafting = engines.plain.draftMany(requests, controller.signal);
    setImmediate(() => controller.abort());
    for (const outcome of await drafting) expect(outcome).toMatchObject({ reason: { code: 'cancelled' } });
    const again = await engines.plain.draftMany(requests.map(request => ({ ...request, count: 8 })));
    expect(again.map(outcome => fulfilled(outcome).tokens)).toEqual(truths);
  });
});

test('a batch waits for calls before it on any of its sessions, and calls after it for the batch', async () => {
  const prompt = [50, 60, 70];
  const truth = await loneRun(engines.plain, { prompt, exit: 4, count: 9 });
  for (const session of ['q', 'r']) await engines.plain.open({ session, prompt });
  const [before, batch, crossing, after] = await Promise.all([
    engines.plain.draft({ session: 'q', exit: 4, base: 0, count: 3 }),
    engines.plain.draftMany([
      { session: 'q', exit: 4, base: 3, count: 3 },
      { session: 'r', exit: 4, base: 0, count: 3 },
    ]),
    engines.plain.draftMany([
      { session: 'r', exit: 4, base: 3, count: 3 },
      { session: 'q', exit: 4, base: 6, count: 2 },
    ]),
    engines.plain.draft({ session: 'q', exit: 4, base: 8, count: 1 }),
  ]);
  const parts = [before.tokens, fulfilled(batch[0]!).tokens, fulfilled(crossing[1]!).tokens, after.tokens];
  expect(parts.flat()).toEqual(truth);
  expect([...fulfilled(batch[1]!).tokens, ...fulfilled(crossing[0]!).tokens]).toEqual(truth.slice(0, 6));
});

test('policies choose the depth of each token in a batch as they do alone', async () => {
  const policies = [
    { kind: 'fixed', exit: 3 },
    { kind: 'confidence', steps: [{ exit: 1, minMargin: 0.4 }], last: 4 },
    {
      kind: 'confidence',
      steps: [
        { exit: 1, minMargin: 0.2 },
        { exit: 3, minMargin: 0.3 },
      ],
      last: 4,
    },
  ] as const;
  const prompts = policies.map((_, index) => [30 + index, 41, 52, 63 + index]);
  const draft = (name: string, index: number): Parameters<BatchingEngine['draft']>[0] => {
    return { session: `${name}-${index}`, exit: 4, policy: policies[index]!, base: 0, count: 12 };
  };
  const alone: unknown[] = [];
  for (const [index, prompt] of prompts.entries()) {
    await engines.plain.open({ session: `single-${index}`, prompt });
    await engines.plain.open({ session: `shared-${index}`, prompt });
    const { tokens, exits: deciding } = await engines.plain.draft(draft('single', index));
    alone.push({ tokens, exits: deciding });
  }
  const outcomes = await engines.plain.draftMany(policies.map((_, index) => draft('shared', index)));
  expect(outcomes.map(fulfilled).map(({ tokens, exits: deciding }) => ({ tokens, exits: deciding }))).toEqual(alone);
});
