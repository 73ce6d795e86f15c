import { createVirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import {
  createSyntheticEngine,
  createSyntheticLanguage,
  createVerifierDesk,
  type JudgedBatch,
  type SyntheticEngine,
  type VerifierDesk,
} from './index.ts';

const EXIT = 4;
const language = createSyntheticLanguage({ seed: 5, answerTokens: 400, agreement: {} });
const singleMs = (tokens: number): number => 6 + 0.4 * tokens;
const togetherMs = (blocks: readonly number[]): number => 6 + 0.4 * blocks.reduce((sum, tokens) => sum + tokens, 0);

function lone(key: string, from: number, count: number): readonly number[] {
  const answer: number[] = [];
  while (answer.length < from + count) answer.push(language.next(EXIT, promptOf(key), answer));
  return answer.slice(from);
}

function promptOf(key: string): readonly number[] {
  return [key.charCodeAt(0)];
}

function keys(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => String.fromCharCode(97 + at));
}

interface Set {
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly engine: SyntheticEngine;
  readonly desk: VerifierDesk;
  readonly judged: readonly JudgedBatch[];
}

async function openFor(sessions: readonly string[], canBatch = true, maxBatch = 8): Promise<Set> {
  const clock = createVirtualClock();
  const costs = { exits: [EXIT], stepMs: 6, verifyMs: singleMs, ...(canBatch ? { verifyManyMs: togetherMs } : {}) };
  const engine = createSyntheticEngine({ clock, language }, costs);
  const judged: JudgedBatch[] = [];
  const desk = createVerifierDesk(engine, { maxBatch, observeBatches: batch => judged.push(batch) });
  for (const key of sessions) await desk.open(key, { exit: EXIT, epoch: 1, prompt: promptOf(key), answer: [] });
  return { clock, engine, desk, judged };
}

/** Every session sends its next block of 8 as soon as it has the verdict of the last. */
async function judgeRounds({ clock, desk }: Set, sessions: readonly string[], rounds: number): Promise<number> {
  const beganMs = clock.nowMs();
  const work = sessions.map(async key => {
    for (let round = 0; round < rounds; round++) {
      const block = { epoch: 1, base: 9 * round, tokens: lone(key, 9 * round, 8) };
      expect(await desk.verify(key, block)).toMatchObject({ accepted: 8, correction: lone(key, 9 * round + 8, 1)[0] });
    }
  });
  await clock.runUntilSettled(Promise.all(work), { stepMs: 1 });
  return clock.nowMs() - beganMs;
}

describe('blocks of several sessions', () => {
  test('go to the engine together, and sixteen devices get well over 1.6 times the verdicts a second', async () => {
    const devices = keys(16);
    const together = await openFor(devices);
    const apart = await openFor(devices, false);
    const togetherTookMs = await judgeRounds(together, devices, 6);
    const apartTookMs = await judgeRounds(apart, devices, 6);
    expect(apartTookMs / togetherTookMs).toBeGreaterThan(1.6);
    expect(together.desk.batches).toMatchObject({ blocks: 96, largestBatch: 8 });
    expect(together.desk.batches.calls).toBeLessThan(16);
    expect(apart.desk.batches).toEqual({ calls: 96, blocks: 96, largestBatch: 1 });
  });

  test('wait for nobody: one session alone is judged at once, block by block', async () => {
    const set = await openFor(['a']);
    expect(await judgeRounds(set, ['a'], 4)).toBeCloseTo(4 * singleMs(8), 0);
    expect(set.desk.batches).toEqual({ calls: 4, blocks: 4, largestBatch: 1 });
  });

  test('are never more in one call than the limit', async () => {
    const devices = keys(7);
    const set = await openFor(devices, true, 3);
    await judgeRounds(set, devices, 3);
    expect(set.desk.batches.largestBatch).toBe(3);
  });

  test('are told of call by call: sessions, drafted tokens and what the call took', async () => {
    const set = await openFor(['a', 'b', 'c']);
    await judgeRounds(set, ['a', 'b', 'c'], 1);
    expect(set.judged).toEqual([
      { sessions: 1, tokens: 8, computeMs: singleMs(8) },
      { sessions: 2, tokens: 16, computeMs: togetherMs([8, 8]) },
    ]);
  });

  test('fail alone: a session that the engine forgot does not touch the others', async () => {
    const set = await openFor(['a', 'b', 'c']);
    const first = set.desk.verify('a', { epoch: 1, base: 0, tokens: lone('a', 0, 8) });
    await Promise.resolve();
    await set.engine.close('b#2');
    const lost = set.desk.verify('b', { epoch: 1, base: 0, tokens: lone('b', 0, 8) });
    const third = set.desk.verify('c', { epoch: 1, base: 0, tokens: lone('c', 0, 8) });
    const settled = Promise.allSettled([first, lost, third]);
    await set.clock.advance(100);
    const [one, two, three] = await settled;
    expect([one?.status, two?.status, three?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(two).toMatchObject({ reason: { code: 'not-found' } });
    expect(set.desk.sessions).toBe(2);
    expect(set.judged.map(({ sessions }) => sessions)).toEqual([1, 2]);
  });

  test('are left out when their asker gave up, and a batch is cancelled only when all did', async () => {
    const set = await openFor(['a', 'b', 'c']);
    const stops = [new AbortController(), new AbortController(), new AbortController()];
    const asked = ['a', 'b', 'c'].map((key, at) =>
      set.desk.verify(key, { epoch: 1, base: 0, tokens: lone(key, 0, 8) }, stops[at]!.signal),
    );
    const settled = Promise.allSettled(asked);
    await set.clock.advance(1); // a runs, b and c wait
    stops[1]!.abort(new Error('enough'));
    await set.clock.advance(singleMs(8));
    stops[2]!.abort(new Error('enough too'));
    await set.clock.advance(1);
    const [one, two, three] = await settled;
    expect(one).toMatchObject({ status: 'fulfilled', value: { accepted: 8 } });
    expect(two).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
    expect(three).toMatchObject({ status: 'rejected', reason: { message: 'enough too' } });
    const next = set.desk.verify('b', { epoch: 1, base: 0, tokens: lone('b', 0, 8) });
    await set.clock.advance(singleMs(8));
    expect(await next).toMatchObject({ accepted: 8 });
  });
});
