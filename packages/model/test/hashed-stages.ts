// SPDX-License-Identifier: Apache-2.0
//
// Stages made of hashes. A row's pattern hash depends on every block that led to it, as the last bits of floats do; its
// noise is drawn from that hash. True margins are often far below the noise, so whoever decides on another computation
// than the lone run's decides wrongly.
import { createBufferPool } from '../src/cache/buffer-pool.ts';
import type { StageCache } from '../src/cache/stage-cache.ts';
import { type DecodeContext, NEAR_TIE, UNSAFE_TIE } from '../src/inference/decoder.ts';
import type { QueryRange } from '../src/inference/range-feeds.ts';
import type { Candidates } from '../src/inference/sampling.ts';
import { createSession } from '../src/inference/session.ts';
import type { Stage } from '../src/inference/stage.ts';
import { createStageCosts } from '../src/inference/stage-costs.ts';
import type { ChosenRows, StageRequest } from '../src/inference/stage-run.ts';
import type { Dimensions } from '../src/manifest/manifest.ts';

/** Floats a row. */
export const HIDDEN = 2;
const CONTEXT = 600;
export const DIMENSIONS: Dimensions = {
  ...{ layers: 3, hidden: HIDDEN, heads: 1, kvHeads: 1, headSize: 2, feedForward: 1, vocabulary: 64, context: CONTEXT },
  ropeTheta: 10000,
  ropeStyle: 'half',
  normEpsilon: 1e-5,
};
const TRUE_MARGINS = [2, 6e-4, 6e-5, 1e-6];
const BLOCK_NOISE = NEAR_TIE / 3;
const HISTORY_NOISE = UNSAFE_TIE / 3;

/** 24 bits, so that a float holds it. */
export function hash(...parts: readonly number[]): number {
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

/** A row is [hash of the tokens up to it, hash of how it and its past were computed, and in which company]. */
function computeRows({ cache, input, range: { from, to } }: StageRequest, company: number): Float32Array {
  const past = cache.pastKeys(0, from);
  const rows = new Float32Array((to - from) * HIDDEN);
  let text = from === 0 ? 7 : past[(from - 1) * HIDDEN]!;
  let pattern = 7;
  for (let row = 0; row < from; row++) pattern = hash(pattern, past[row * HIDDEN + 1]!);
  for (let index = 0; index < to - from; index++) {
    text = hash(text, input[index * HIDDEN]!);
    rows[index * HIDDEN] = text;
    rows[index * HIDDEN + 1] = hash(pattern, input[index * HIDDEN + 1]!, to - from, index, company);
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

function hashedStage(id: string, from: number, kind: Stage['kind']): Stage {
  const work = { id, runs: 0, rows: 0 };
  const compute = (request: StageRequest, company: number): ChosenRows => {
    const { from: first, to, firstQuery } = request.range;
    const features = computeRows(request, company);
    const candidates: Candidates[] = [];
    for (let row = firstQuery; row < to; row++) {
      const [text = 0, pattern = 0] = features.subarray((row - first) * HIDDEN);
      candidates.push(candidatesOf(text, pattern, to - first > 1 || company > 1));
    }
    const keysAndValues = Float32Array.of(...features, ...features);
    return { rows: { count: to - first, keysAndValues, features, wasShared: company > 1 }, candidates };
  };
  const note = (rows: number): void => {
    work.runs++;
    work.rows += rows;
  };
  const alone = (cache: StageCache, input: Float32Array, range: QueryRange): ChosenRows => {
    note(range.to - range.from);
    return compute({ cache, input, range, candidates: 2 }, 1);
  };
  return {
    ...{ id, kind, from, blocks: 1, work },
    run: async (cache, input, range) => alone(cache, input, { ...range, firstQuery: range.from }).rows,
    choose: async (cache, input, request) => alone(cache, input, request),
    runTogether: async requests => {
      note(requests.reduce((sum, { range }) => sum + range.to - range.from, 0));
      return requests.map(request => compute(request, requests.length));
    },
    release: async () => undefined,
  };
}

/** Three layers with an exit after each. */
export interface HashedEngine {
  /** One session at the exit of that depth. */
  at(depth: number): DecodeContext & { readonly dimensions: Dimensions };
  readonly session: DecodeContext['session'];
}

/** An engine with one session. */
export function openHashed(prompt: readonly number[]): HashedEngine {
  const trunk = [0, 1, 2].map(from => hashedStage(`trunk-${from}`, from, 'trunk'));
  const exits = [1, 2, 3].map(depth => hashedStage(`exit-${depth}`, depth, 'exit'));
  const session = createSession(createBufferPool({ maxBytes: 1e6 }), { session: 's', prompt }, DIMENSIONS);
  const costs = createStageCosts();
  return {
    session,
    at: depth => ({
      session,
      rungs: { trunk: trunk.slice(0, depth), exit: exits[depth - 1]!, rung: 1 },
      embedding: { vocabulary: 64, layer: 0, rows: ids => Float32Array.from(ids.flatMap(id => [id, 0])) },
      dimensions: DIMENSIONS,
      costs,
      clock: { nowMs: () => 0 },
      countRefilled: () => undefined,
      checkpoint: async () => undefined,
      endToken: 3,
      maxRows: CONTEXT,
    }),
  };
}
