// SPDX-License-Identifier: Apache-2.0
//
// What an engine refuses, and what bounds it.
import { describe, expect, test } from 'vitest';
import type { RelayingEngine } from '../src/engine.ts';
import { createRandomEngine, loneRun, useEnginePair } from './engines.ts';

const engines = useEnginePair(5);
const PROMPT = [1, 40, 77, 130, 9, 201, 55, 2];

test('a full context ends a draft early, and the next call says why', async () => {
  const prompt = Array.from({ length: 188 }, (_, index) => 4 + index);
  await engines.plain.open({ session: 'full', prompt });
  const drafted = await engines.plain.draft({ session: 'full', exit: 1, base: 0, count: 50 });
  expect(drafted.tokens.length).toBe(5);
  await expect(engines.plain.draft({ session: 'full', exit: 1, base: 5, count: 1 })).rejects.toMatchObject({
    code: 'out-of-range',
    message: expect.stringContaining('context is 192'),
  });
});

test('an aborted call fails with the reason and leaves the session at its base', async () => {
  const truth = await loneRun(engines.plain, { prompt: PROMPT, exit: 4, count: 12 });
  await engines.plain.open({ session: 'aborted', prompt: PROMPT });
  await engines.plain.draft({ session: 'aborted', exit: 4, base: 0, count: 5 });
  const controller = new AbortController();
  const drafting = engines.plain.draft({ session: 'aborted', exit: 4, base: 5, count: 170 }, controller.signal);
  setImmediate(() => controller.abort());
  await expect(drafting).rejects.toMatchObject({ code: 'cancelled' });
  const late = engines.plain.draft({ session: 'aborted', exit: 4, base: 5, count: 5 }, AbortSignal.timeout(0));
  await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
  const after = await engines.plain.draft({ session: 'aborted', exit: 4, base: 5, count: 7 });
  expect([...truth.slice(0, 5), ...after.tokens]).toEqual(truth);
});

describe('refuses what cannot be done, naming it', () => {
  const cases: [string, (engine: RelayingEngine) => Promise<unknown>, string, string][] = [
    [
      'an exit that is not loaded',
      e => e.draft({ session: 's', exit: 2, base: 0, count: 1 }),
      'not-found',
      'exit 2 is not loaded: this engine holds 1, 3, 4',
    ],
    [
      'a session that is not held',
      e => e.draft({ session: 'none', exit: 1, base: 0, count: 1 }),
      'not-found',
      'session none is not held',
    ],
    [
      'a base beyond the answer',
      e => e.draft({ session: 's', exit: 1, base: 7, count: 1 }),
      'failed-precondition',
      'base 7 lies beyond the 0',
    ],
    [
      'a token outside the vocabulary',
      e => e.verify({ session: 's', exit: 1, base: 0, tokens: [260] }),
      'invalid-argument',
      'token 260',
    ],
    ['an empty prompt', e => e.open({ session: 's2', prompt: [] }), 'invalid-argument', 'empty prompt'],
    [
      'a prompt over the context',
      e => e.open({ session: 's2', prompt: new Array(193).fill(5) }),
      'out-of-range',
      '193 tokens',
    ],
    [
      'a negative count',
      e => e.draft({ session: 's', exit: 1, base: 0, count: -1 }),
      'invalid-argument',
      'count is -1',
    ],
    [
      'an impossible temperature',
      e => e.open({ session: 's2', prompt: [5], sampling: { temperature: Number.NaN, seed: 1 } }),
      'invalid-argument',
      'temperature is NaN',
    ],
  ];
  test.each(cases)('%s', async (_, act, code, message) => {
    await engines.plain.open({ session: 's', prompt: PROMPT });
    await expect(act(engines.plain)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

test('sessions are dropped least recently used first when their caches pass the bound', async () => {
  const engine = await createRandomEngine(engines.workspace, { seed: 3 }, { maxCacheBytes: 250_000 });
  for (const session of ['first', 'second', 'third']) {
    await engine.open({ session, prompt: PROMPT });
    await engine.draft({ session, exit: 4, base: 0, count: 2 });
    if (session === 'second') await engine.draft({ session: 'first', exit: 4, base: 2, count: 1 });
  }
  expect((await engine.status()).cachedBytes).toBeLessThanOrEqual(250_000);
  await expect(engine.draft({ session: 'second', exit: 4, base: 0, count: 1 })).rejects.toMatchObject({
    code: 'not-found',
  });
  await engine.draft({ session: 'third', exit: 4, base: 0, count: 1 });
  await engine[Symbol.asyncDispose]();
});

test('calls beyond the queue are refused with when to come back', async () => {
  const engine = await createRandomEngine(engines.workspace, { seed: 3 }, { maxWaiting: 2 });
  const results = await Promise.allSettled(['a', 'b', 'c'].map(session => engine.open({ session, prompt: PROMPT })));
  expect(results.map(result => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(results[2]).toMatchObject({ reason: { code: 'resource-exhausted', retryAfterMs: 50 } });
  await engine[Symbol.asyncDispose]();
});

test('int8 answers, and agrees with fp32 on most tokens', async () => {
  const engine = await createRandomEngine(engines.workspace, {}, { format: 'int8' });
  let same = 0;
  for (const exit of [1, 3, 4]) {
    const truth = await loneRun(engines.plain, { prompt: PROMPT, exit, count: 30 });
    await engine.open({ session: 'int8', prompt: PROMPT, answer: truth });
    for (let base = 0; base < 30; base++) {
      const { tokens } = await engine.draft({ session: 'int8', exit, base: 0, given: truth.slice(0, base), count: 1 });
      if (tokens[0] === truth[base]) same++;
    }
  }
  expect(same).toBeGreaterThan(75);
  expect(engine.tensorContract).not.toBe(engines.plain.tensorContract);
  await engine[Symbol.asyncDispose]();
});

test('a verify curve has a positive time for each block asked for', async () => {
  const curve = await engines.plain.measureVerifyCurve({ exit: 4, tokens: [1, 4, 8], repeats: 3 });
  expect(curve.map(point => point.tokens)).toEqual([1, 4, 8]);
  for (const { ms } of curve) expect(ms).toBeGreaterThan(0);
});
