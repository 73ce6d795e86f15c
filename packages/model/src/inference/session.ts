// SPDX-License-Identifier: Apache-2.0

import type { BufferPool } from '../cache/buffer-pool.ts';
import { createFeatureLog, type FeatureLog } from '../cache/feature-log.ts';
import { createStageCache, type StageCache } from '../cache/stage-cache.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import type { OpenRequest, SamplingOptions } from '../requests/decode-request.ts';
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
  /** Tokens of prompt and answer. */
  readonly length: number;
  /** Bytes of all caches. */
  readonly bytes: number;
  /** Rows below this rest on nothing that a sender called not canonical. */
  readonly trusted: number;
  /** Tokens of prompt and answer from `from` to `to - 1`. */
  tokens(from: number, to: number): readonly number[];
  cacheOf(stage: Stage): StageCache;
  /** The hidden states before `layer`. */
  logOf(layer: number): FeatureLog;
  /** By answer position; as long as the exit has rows. */
  decisionsOf(exit: Stage): Decision[];
  /** Makes the answer `tokens` from `base` on; what was computed from an equal beginning is kept. */
  replaceFrom(base: number, tokens: readonly number[]): void;
  /** Forgets what was computed at `row` and later from the states before `layer`, because those change. */
  supersede(layer: number, row: number): void;
  /** Rows from `row` on rest on states that their sender called not canonical. */
  distrust(row: number): void;
  /** Gives the memory of all caches back. The session must not be used afterwards. */
  release(): void;
}

/** A session that has computed nothing yet. */
export function createSession(pool: BufferPool, request: OpenRequest, dimensions: Dimensions): Session {
  return new CachingSession(pool, request, dimensions);
}

class CachingSession implements Session {
  readonly id: string;
  readonly promptLength: number;
  readonly sampling: SamplingOptions | undefined;
  trusted: number = Number.POSITIVE_INFINITY;
  readonly #pool: BufferPool;
  readonly #dimensions: Dimensions;
  readonly #tokens: number[];
  readonly #caches = new Map<string, { readonly stage: Stage; readonly cache: StageCache }>();
  readonly #logs = new Map<number, FeatureLog>();
  readonly #decisions = new Map<string, { readonly exit: Stage; readonly made: Decision[] }>();

  constructor(pool: BufferPool, request: OpenRequest, dimensions: Dimensions) {
    this.id = request.session;
    this.promptLength = request.prompt.length;
    this.sampling = request.sampling;
    this.#pool = pool;
    this.#dimensions = dimensions;
    this.#tokens = [...request.prompt, ...(request.answer ?? [])];
  }

  get length(): number {
    return this.#tokens.length;
  }

  get answerLength(): number {
    return this.#tokens.length - this.promptLength;
  }

  get bytes(): number {
    let sum = 0;
    for (const { cache } of this.#caches.values()) sum += cache.bytes;
    for (const log of this.#logs.values()) sum += log.bytes;
    return sum;
  }

  tokens(from: number, to: number): readonly number[] {
    return this.#tokens.slice(from, to);
  }

  cacheOf(stage: Stage): StageCache {
    const { hidden, heads, context } = this.#dimensions;
    return obtain(this.#caches, stage.id, () => {
      this.#forgetReplaced(stage);
      return { stage, cache: createStageCache(this.#pool, { blocks: stage.blocks, hidden, heads, context }) };
    }).cache;
  }

  /** A session holds one rung of an exit: what another one computed goes when its successor begins. */
  #forgetReplaced(successor: Stage): void {
    for (const [id, { stage, cache }] of this.#caches) {
      if (stage.kind !== 'exit' || successor.kind !== 'exit' || stage.from !== successor.from) continue;
      cache.release();
      this.#caches.delete(id);
      this.#decisions.delete(id);
    }
  }

  logOf(layer: number): FeatureLog {
    return obtain(this.#logs, layer, () => createFeatureLog(this.#pool, this.#dimensions));
  }

  decisionsOf(exit: Stage): Decision[] {
    return obtain(this.#decisions, exit.id, () => ({ exit, made: [] })).made;
  }

  replaceFrom(base: number, replacement: readonly number[]): void {
    const start = this.promptLength + base;
    let same = 0;
    while (same < replacement.length && this.#tokens[start + same] === replacement[same]) same++;
    this.#tokens.length = start + same;
    for (let index = same; index < replacement.length; index++) this.#tokens.push(replacement[index] ?? 0);
    for (const log of this.#logs.values()) log.crop(start + same);
    if (start + same <= this.trusted) this.trusted = Number.POSITIVE_INFINITY;
    this.supersede(0, start + same);
  }

  supersede(layer: number, row: number): void {
    for (const { stage, cache } of this.#caches.values()) if (stage.from >= layer) cache.crop(row);
    for (const [at, log] of this.#logs) if (at > layer) log.crop(row);
    for (const { exit, made } of this.#decisions.values()) {
      if (exit.from >= layer) made.length = Math.min(made.length, Math.max(0, row - this.promptLength + 1));
    }
  }

  distrust(row: number): void {
    this.trusted = Math.min(this.trusted, row);
  }

  release(): void {
    for (const { cache } of this.#caches.values()) cache.release();
    for (const log of this.#logs.values()) log.release();
  }
}

function obtain<Key, Value>(held: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = held.get(key);
  if (found !== undefined) return found;
  const made = make();
  held.set(key, made);
  return made;
}
