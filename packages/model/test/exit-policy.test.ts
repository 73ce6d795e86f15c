// SPDX-License-Identifier: Apache-2.0
//
// Policies on a real engine: whichever exit decides a token, it is that exit's own.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RelayingEngine } from '../src/engine.ts';
import type { ExitPolicy } from '../src/exit-policy/exit-policy.ts';
import type { SamplingOptions } from '../src/requests/decode-request.ts';
import { useEnginePair } from './engines.ts';

const EXITS = [1, 3, 4];
const PROMPT = [1, 40, 77, 130, 9, 201, 55, 2];
/** Settled margins of two computations may differ by so much. */
const TOLERANCE = 1e-3;

const engines = useEnginePair(2);

/** Every way through the exits: each subset, shallow to deep. */
const WAYS = [[1], [3], [4], [1, 3], [1, 4], [3, 4], [1, 3, 4]];
const margins = fc.constantFrom(0, 0.02, 0.1, 0.3, 1, 1e9);
const policies: fc.Arbitrary<ExitPolicy> = fc
  .tuple(fc.constantFrom(...WAYS), fc.array(margins, { minLength: 2, maxLength: 2 }))
  .map(([way, wanted]): ExitPolicy => {
    const last = way.at(-1)!;
    if (way.length === 1) return { kind: 'fixed', exit: last };
    const steps = way.slice(0, -1).map((exit, index) => ({ exit, minMargin: wanted[index]! }));
    return { kind: 'confidence', steps, last };
  });
const samplings: fc.Arbitrary<SamplingOptions | undefined> = fc.option(
  fc.integer({ min: 0, max: 1000 }).map(seed => ({ temperature: 0.8, topK: 20, topP: 0.9, seed })),
  { nil: undefined },
);

interface Asked {
  readonly prompt: readonly number[];
  readonly sampling: SamplingOptions | undefined;
  readonly before: readonly number[];
  readonly exit: number;
}

async function aloneSays(engine: RelayingEngine, { prompt, sampling, before, exit }: Asked) {
  await engine.open({ session: 'alone', prompt, ...(sampling === undefined ? {} : { sampling }) });
  const { tokens, margins } = await engine.draft({ session: 'alone', exit, base: 0, given: before, count: 1 });
  return { token: tokens[0]!, margin: margins[0]! };
}

test('each token is what the exit that decided it says by itself, through every sequence of exits and rollbacks', async () => {
  const legs = fc.array(fc.record({ policy: policies, count: fc.integer({ min: 1, max: 7 }), back: fc.nat(3) }), {
    minLength: 3,
    maxLength: 5,
  });
  const prompts = fc.array(fc.integer({ min: 4, max: 259 }), { minLength: 1, maxLength: 80, size: 'max' });
  const decided = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      prompts,
      samplings,
      legs,
      fc.constantFrom('plain', 'twins'),
      async (prompt, sampling, plan, which) => {
        const engine = which === 'plain' ? engines.plain : engines.twins;
        await engine.open({ session: 'climbing', prompt, ...(sampling === undefined ? {} : { sampling }) });
        let answer: number[] = [];
        for (const { policy, count, back } of plan) {
          answer = answer.slice(0, Math.max(0, answer.length - back));
          const request = { session: 'climbing', exit: 1, policy, base: answer.length, count };
          const { tokens, exits, margins, finished } = await engine.draft(request);
          expect([exits!.length, margins.length]).toEqual([tokens.length, tokens.length]);
          const steps = policy.kind === 'confidence' ? policy.steps : [];
          for (const [index, token] of tokens.entries()) {
            const before = [...answer, ...tokens.slice(0, index)];
            const exit = exits![index]!;
            expect((await aloneSays(engine, { prompt, sampling, before, exit })).token).toBe(token);
            for (const step of steps.filter(one => one.exit < exit)) {
              const passed = await aloneSays(engine, { prompt, sampling, before, exit: step.exit });
              expect(passed.margin).toBeLessThan(step.minMargin + TOLERANCE);
            }
            expect(margins[index]).toBeGreaterThanOrEqual(steps.find(step => step.exit === exit)?.minMargin ?? 0);
            const way = `${steps.length === 0 ? 'fixed' : 'climbed'} ${exit}`;
            decided.set(way, (decided.get(way) ?? 0) + 1);
          }
          answer.push(...tokens);
          if (finished) break;
        }
      },
    ),
    { numRuns: 14, endOnFailure: true, seed: 11 },
  );
  for (const exit of EXITS) expect(decided.get(`climbed ${exit}`)).toBeGreaterThan(5);
}, 120_000);

describe('a budget', () => {
  const deepest: ExitPolicy = { kind: 'fixed', exit: 4 };
  const draft = (budget: { timeMs?: number; joules?: number; watts?: number }, count = 12) =>
    engines.plain.draft({
      session: 'budget',
      exit: 4,
      policy: { kind: 'budget', budget, within: deepest },
      base: 0,
      count,
    });

  test('that is spent leaves the shallowest exit', async () => {
    await engines.plain.open({ session: 'budget', prompt: PROMPT });
    for (const budget of [{ timeMs: 0 }, { joules: 0, watts: 5 }]) {
      const { tokens, exits } = await draft(budget);
      expect([tokens.length, ...new Set(exits)]).toEqual([12, 1]);
    }
  });

  test('that is ample changes nothing', async () => {
    await engines.plain.open({ session: 'budget', prompt: PROMPT });
    const { exits } = await draft({ timeMs: 1e9, joules: 1e9, watts: 5 });
    expect(new Set(exits)).toEqual(new Set([4]));
  });

  test('is counted with what stages took lately, which status shows', async () => {
    await engines.plain.open({ session: 'budget', prompt: PROMPT });
    await draft({ timeMs: 1e9 }, 40);
    const { stages } = await engines.plain.status();
    const needed = stages.filter(({ id }) => id.startsWith('trunk') || id.startsWith('exit-4'));
    const tokenMs = needed.reduce((sum, { msPerRun }) => sum + msPerRun!, 0);
    expect(tokenMs).toBeGreaterThan(0);
    const { exits } = await draft({ timeMs: tokenMs * 40 * 0.05 }, 40);
    expect(exits![0]).toBeLessThan(4);
  });
});

test('a policy with an exit that is not loaded is refused and leaves the session at its base', async () => {
  await engines.plain.open({ session: 'refused', prompt: PROMPT });
  const { tokens } = await engines.plain.draft({ session: 'refused', exit: 4, base: 0, count: 4 });
  const request = { session: 'refused', exit: 4, policy: { kind: 'fixed', exit: 2 } as const, base: 2, count: 4 };
  await expect(engines.plain.draft(request)).rejects.toMatchObject({
    code: 'not-found',
    message: 'exit policy names exit 2, which is not loaded: this engine holds 1, 3, 4',
  });
  const again = await engines.plain.draft({ session: 'refused', exit: 4, base: 2, count: 2 });
  expect(again.tokens).toEqual(tokens.slice(2));
});

test('without a policy no exits are told', async () => {
  await engines.plain.open({ session: 'silent', prompt: PROMPT });
  expect((await engines.plain.draft({ session: 'silent', exit: 4, base: 0, count: 1 })).exits).toBeUndefined();
});
