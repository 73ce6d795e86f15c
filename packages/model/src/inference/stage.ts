// SPDX-License-Identifier: Apache-2.0
import type { CacheRows, StageCache } from '../cache/stage-cache.ts';
import type { StageWork } from '../engine.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import { CHUNK_ROWS } from '../onnx/block-graph.ts';
import {
  type Feed,
  type Fetched,
  floatFeed,
  type GraphRunner,
  integerFeed,
  keptFloatFeed,
} from '../onnx/graph-runtime.ts';
import { FEED, FETCH, pastFeeds } from '../onnx/segment-graph.ts';
import { chunksFor, type QueryRange, type RangeFeeds, type RowRange } from './range-feeds.ts';
import type { Candidates } from './sampling.ts';

/** Rows as a graph returns them. */
export interface StageRows extends CacheRows {
  /** Trunk stages: the states after them, [count, hidden]. */
  readonly features: Float32Array | undefined;
}

/** Runs one graph over one session's rows. The caller stores what comes back. */
export interface Stage {
  /** Id of the segment. */
  readonly id: string;
  /** Its input is the hidden state before this layer. */
  readonly from: number;
  readonly blocks: number;
  readonly work: Omit<StageWork, 'msPerRun'>;
  /** Trunk segments return features; exits choose tokens. */
  readonly kind: 'trunk' | 'exit';
  run(cache: StageCache, input: Float32Array, range: RowRange): Promise<StageRows>;
  /** For exits: as `run`, and the best `candidates` tokens for each row from `firstQuery` on. */
  choose(
    cache: StageCache,
    input: Float32Array,
    request: QueryRange & { readonly candidates: number },
  ): Promise<{ readonly rows: StageRows; readonly candidates: readonly Candidates[] }>;
  release(): Promise<void>;
}

/** What a stage is made from. */
export interface StageDefinition {
  readonly id: string;
  readonly kind: 'trunk' | 'exit';
  readonly from: number;
  readonly blocks: number;
  readonly dimensions: Dimensions;
}

/** Wraps a loaded graph. Stages that share `rangeFeeds` share what depends on a block's place alone. */
export function createStage(graph: GraphRunner, rangeFeeds: RangeFeeds, definition: StageDefinition): Stage {
  const { id, kind, from: layer, blocks, dimensions } = definition;
  const names = Array.from({ length: blocks }, (_, block) => pastFeeds(block));
  const none = new Float32Array(CHUNK_ROWS * dimensions.hidden);
  const work = { id, runs: 0, rows: 0 };

  const feeds = (cache: StageCache, input: Float32Array, range: QueryRange): Record<string, Feed> => {
    const { from, to } = range;
    const shape = [chunksFor(from), dimensions.heads, CHUNK_ROWS, dimensions.headSize];
    const made: Record<string, Feed> = {
      ...rangeFeeds(range),
      [FEED.hidden]: floatFeed(input, [to - from, dimensions.hidden]),
    };
    names.forEach(({ keys, values }, block) => {
      made[keys] = keptFloatFeed(from === 0 ? none : cache.pastKeys(block, from), shape);
      made[values] = keptFloatFeed(from === 0 ? none : cache.pastValues(block, from), shape);
    });
    work.runs++;
    work.rows += to - from;
    return made;
  };
  const rowsOf = (fetched: Fetched, range: RowRange): StageRows => ({
    count: range.to - range.from,
    keysAndValues: fetched.floats(FETCH.cacheRows),
    features: kind === 'trunk' ? fetched.floats(FETCH.hidden) : undefined,
  });
  return {
    id,
    kind,
    from: layer,
    blocks,
    work,
    release: () => graph.release(),
    run: async (cache, input, range) =>
      rowsOf(await graph.run(feeds(cache, input, { ...range, firstQuery: range.from })), range),
    choose: async (cache, input, request) => {
      const fetched = await graph.run({
        ...feeds(cache, input, request),
        [FEED.firstQuery]: integerFeed(request.firstQuery - request.from),
        [FEED.candidates]: integerFeed(request.candidates),
      });
      return { rows: rowsOf(fetched, request), candidates: splitCandidates(fetched, request.candidates) };
    },
  };
}

function splitCandidates(fetched: Fetched, count: number): readonly Candidates[] {
  const logits = fetched.floats(FETCH.logits);
  const tokens = fetched.integers(FETCH.tokens);
  return Array.from({ length: logits.length / count }, (_, row) => ({
    logits: logits.subarray(row * count, (row + 1) * count),
    tokens: tokens.subarray(row * count, (row + 1) * count),
  }));
}
