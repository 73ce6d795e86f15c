// SPDX-License-Identifier: Apache-2.0
import type { CacheRows, StageCache } from '../cache/stage-cache.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import type { Fetched } from '../onnx/graph-runtime.ts';
import { FETCH } from '../onnx/segment-graph.ts';
import type { QueryRange } from './range-feeds.ts';
import type { Candidates } from './sampling.ts';

/** Rows as a graph returns them. */
export interface StageRows extends CacheRows {
  /** Trunk stages: the states after them, [count, hidden]. */
  readonly features: Float32Array | undefined;
  /** Rows of other sessions shared the run: the last bits may differ from those of a run alone. */
  readonly wasShared: boolean;
}

/** What an exit makes of rows. */
export interface ChosenRows {
  readonly rows: StageRows;
  /** For each row from the first query on. */
  readonly candidates: readonly Candidates[];
}

/** Rows to run through a stage. */
export interface StageRequest {
  readonly cache: StageCache;
  /** [rows, hidden] */
  readonly input: Float32Array;
  readonly range: QueryRange;
  /** For exits: how many of the best tokens to return. Default 0. */
  readonly candidates: number;
}

/** What a stage is made from. */
export interface StageDefinition {
  readonly id: string;
  readonly kind: 'trunk' | 'exit';
  readonly from: number;
  readonly blocks: number;
  readonly dimensions: Dimensions;
}

/** Cuts an exit's result into rows. */
export function splitCandidates(fetched: Fetched, count: number): readonly Candidates[] {
  const logits = fetched.floats(FETCH.logits);
  const tokens = fetched.integers(FETCH.tokens);
  return Array.from({ length: logits.length / count }, (_, row) => ({
    logits: logits.subarray(row * count, (row + 1) * count),
    tokens: tokens.subarray(row * count, (row + 1) * count),
  }));
}
