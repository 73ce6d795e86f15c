// SPDX-License-Identifier: Apache-2.0
//
// Decoding on stages made of hashes. A row's pattern hash depends on every block that led to it, as the last bits of
// floats do; its noise is drawn from that hash. True margins are often far below the noise, so whoever decides on
// another computation than the lone run's decides wrongly.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBufferPool } from '../cache/buffer-pool.ts';
import type { StageCache, StageRows } from '../cache/stage-cache.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import { type DecodeContext, draftTokens, NEAR_TIE, UNSAFE_TIE, verifyTokens } from './decoder.ts';
import type { RowRange } from './range-feeds.ts';
import type { Candidates } from './sampling.ts';
import { createSession } from './session.ts';
import type { Stage } from './stage.ts';
import { createStageCosts } from './stage-costs.ts';

const HIDDEN = 2;
const CONTEXT = 600;
const DIMENSIONS: Dimensions = {
  ...{ layers: 2, hidden: HIDDEN, heads: 1, kvHeads: 1, headSize: 2, feedForward: 1, vocabulary: 64, context: CONTEXT },
  ropeTheta: 10000,
  ropeStyle: 'half',
  normEpsilon: 1e-5,
};
const TRUE_MARGINS = [2, 6e-4, 6e-5, 1e-6];
const BLOCK_NOISE = NEAR_TIE / 3;
const HISTORY_NOISE = UNSAFE_TIE / 3;

/** 24 bits, so that a float holds it. */
function hash(...parts: readonly number[]): number {
  let word = 0x811c9dc5;
  for (const part of parts) {
    word = Math.imul(word ^ part, 0x01000193);
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
  }
  return (word ^ (word >>> 13)) & 0xffffff;
}

function centred(word: number): number {
  return word / 0x1000000 - 0.5;
}

/** A row is [hash of the tokens up to it, hash of how it and its past were computed]. */
function computeRows(cache: StageCache, input: Float32Array, { from, to }: RowRange): Float32Array {
  const past = cache.pastKeys(0, from);
  const rows = new Float32Array((to - from) * HIDDEN);
  let text = from === 0 ? 7 : past[(from - 1) * HIDDEN]!;
  let pattern = 7;
  for (let row = 0; row < from; row++) pattern = hash(pattern, past[row * HIDDEN + 1]!);
  for (let index = 0; index < to - from; index++) {
    text = hash(text, input[index * HIDDEN]!);
    rows[index * HIDDEN] = text;
    rows[index * HIDDEN + 1] = hash(pattern, input[index * HIDDEN + 1]!, to - from, index);
  }
  return rows;
}

function candidatesOf(text: number, pattern: number, isBlock: boolean): Candidates {
  const noise = 2 * centred(pattern) * (HISTORY_NOISE / 2) + (isBlock ? centred(hash(pattern, 1)) * BLOCK_NOISE : 0);
  const margin = TRUE_MARGINS[text % TRUE_MARGINS.length]! + noise;
  const first = 4 + (text % 50);
  const tokens = margin >= 0 ? [first, first + 1] : [first + 1, first];
  return { logits: Float32Array.of(Math.abs(margin), 0), tokens: Int32Array.from(tokens) };
}

function fakeStage(id: string, from: number, kind: Stage['kind']): Stage {
  const work = { id, runs: 0, rows: 0 };
  const rowsOf = (cache: StageCache, input: Float32Array, range: RowRange): StageRows => {
    const features = computeRows(cache, input, range);
    work.runs++;
    work.rows += range.to - range.from;
    return { count: range.to - range.from, keysAndValues: Float32Array.of(...features, ...features), features };
  };
  return {
    id,
    kind,
    from,
    blocks: 1,
    work,
    run: async (cache, input, range) => rowsOf(cache, input, range),
    choose: async (cache, input, request) => {
      const rows = rowsOf(cache, input, request);
      const candidates: Candidates[] = [];
      for (let row = request.firstQuery; row < request.to; row++) {
        const [text = 0, pattern = 0] = rows.features!.subarray((row - request.from) * HIDDEN);
        candidates.push(candidatesOf(text, pattern, rows.count > 1));
      }
      return { rows, candidates };
    },
    release: async () => undefined,
  };
}

function start(prompt: readonly number[]): DecodeContext {
  const trunk = ['t1', 't2'].map((id, from) => fakeStage(id, from, 'trunk'));
  return {
    session: createSession(createBufferPool({ maxBytes: 1e6 }), { session: 's', prompt }, DIMENSIONS),
    rungs: { trunk, exit: fakeStage('e', 2, 'exit'), rung: 1 },
    embedding: { vocabulary: 64, layer: 0, rows: ids => Float32Array.from(ids.flatMap(id => [id, 0])) },
    costs: createStageCosts(),
    clock: { nowMs: () => 0 },
    countRefilled: () => undefined,
    checkpoint: async () => undefined,
    endToken: 3,
    maxRows: CONTEXT,
  };
}

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
  const context = start(prompt);
  const shallow: DecodeContext = {
    ...context,
    rungs: { trunk: context.rungs.trunk.slice(0, 1), exit: fakeStage('e1', 1, 'exit'), rung: 1 },
  };
  await draftTokens(shallow, 20);
  context.session.replaceFrom(0, truth.slice(0, 20));
  const { accepted } = await verifyTokens(context, 0);
  expect(accepted).toBe(20);
  const { tokens } = await draftTokens(context, 10);
  expect(tokens).toEqual(truth.slice(21, 31));
});
