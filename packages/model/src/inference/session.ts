// SPDX-License-Identifier: Apache-2.0

import type { BufferPool } from '../cache/buffer-pool.ts';
import { createStageCache, type StageCache } from '../cache/stage-cache.ts';
import type { OpenRequest, SamplingOptions } from '../engine.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import type { Choice } from './sampling.ts';
import type { Stage } from './stage.ts';

/** A choice and how it came about. */
export interface Decision extends Choice {
  /** Made by a step over this one row rather than within a block. */
  readonly single: boolean;
  /** Made on a history that a lone run would have had, bit for bit. */
  readonly canonical: boolean;
}

/**
 * One session's tokens and everything computed from them. Row r is the token at position r of prompt and answer; the
 * row of the last prompt token decides answer position 0.
 */
export interface Session {
  readonly id: string;
  readonly promptLength: number;
  readonly sampling: SamplingOptions | undefined;
  readonly answerLength: number;
  /** Bytes of all caches. */
  readonly bytes: number;
  /** Tokens of prompt and answer from `from` to `to - 1`. */
  tokens(from: number, to: number): readonly number[];
  cacheOf(stage: Stage): StageCache;
  /** By answer position; as long as the exit has rows. */
  decisionsOf(exit: Stage): Decision[];
  /** Makes the answer `tokens` from `base` on; what was computed from an equal beginning is kept. */
  replaceFrom(base: number, tokens: readonly number[]): void;
  /** Gives the memory of all caches back. The session must not be used afterwards. */
  release(): void;
}

/** A session that has computed nothing yet. */
export function createSession(pool: BufferPool, request: OpenRequest, dimensions: Dimensions): Session {
  const { hidden, context } = dimensions;
  const promptLength = request.prompt.length;
  const tokens = [...request.prompt, ...(request.answer ?? [])];
  const caches = new Map<string, StageCache>();
  const decisions = new Map<string, Decision[]>();

  const cropRows = (rows: number): void => {
    for (const cache of caches.values()) cache.crop(rows);
    for (const made of decisions.values()) made.length = Math.min(made.length, rows - promptLength + 1);
  };
  return {
    id: request.session,
    promptLength,
    sampling: request.sampling,
    get answerLength() {
      return tokens.length - promptLength;
    },
    get bytes() {
      return [...caches.values()].reduce((sum, cache) => sum + cache.bytes, 0);
    },
    tokens: (from, to) => tokens.slice(from, to),
    cacheOf: ({ id, blocks, kind }) =>
      obtain(caches, id, () => createStageCache(pool, { blocks, hidden, context, keepsFeatures: kind === 'trunk' })),
    decisionsOf: ({ id }) => obtain(decisions, id, () => []),
    replaceFrom: (base, replacement) => {
      const start = promptLength + base;
      let same = 0;
      while (same < replacement.length && tokens[start + same] === replacement[same]) same++;
      tokens.length = start + same;
      tokens.push(...replacement.slice(same));
      cropRows(start + same);
    },
    release: () => {
      for (const cache of caches.values()) cache.release();
    },
  };
}

function obtain<Value>(held: Map<string, Value>, key: string, make: () => Value): Value {
  const found = held.get(key);
  if (found !== undefined) return found;
  const made = make();
  held.set(key, made);
  return made;
}
