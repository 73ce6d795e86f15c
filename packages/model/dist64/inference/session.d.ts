import type { BufferPool } from '../cache/buffer-pool.ts';
import { type FeatureLog } from '../cache/feature-log.ts';
import { type StageCache } from '../cache/stage-cache.ts';
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
export declare function createSession(pool: BufferPool, request: OpenRequest, dimensions: Dimensions): Session;
//# sourceMappingURL=session.d.ts.map
