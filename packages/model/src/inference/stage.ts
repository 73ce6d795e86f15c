// SPDX-License-Identifier: Apache-2.0
import type { StageCache, StageRows } from '../cache/stage-cache.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import { type Feed, type Fetched, floatFeed, type GraphRunner, integerFeed } from '../onnx/graph-runtime.ts';
import { FEED, FETCH, pastFeeds } from '../onnx/segment-graph.ts';
import type { Candidates } from './sampling.ts';

/** A range of positions to compute in one block, on top of the rows below `from`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Runs one graph over one session's rows. The caller stores what comes back. */
export interface Stage {
  /** Id of the segment. */
  readonly id: string;
  readonly blocks: number;
  /** Trunk segments return features; exits choose tokens. */
  readonly kind: 'trunk' | 'exit';
  run(cache: StageCache, input: Float32Array, range: RowRange): Promise<StageRows>;
  /** For exits: as `run`, and the best `candidates` tokens for each row from `firstQuery` on. */
  choose(
    cache: StageCache,
    input: Float32Array,
    request: RowRange & { readonly firstQuery: number; readonly candidates: number },
  ): Promise<{ readonly rows: StageRows; readonly candidates: readonly Candidates[] }>;
  release(): Promise<void>;
}

/** What a stage is made from. */
export interface StageDefinition {
  readonly id: string;
  readonly kind: 'trunk' | 'exit';
  readonly blocks: number;
  readonly dimensions: Dimensions;
}

const HIDDEN_FROM_ATTENTION = -1e9;

/** Wraps a loaded graph. */
export function createStage(graph: GraphRunner, definition: StageDefinition): Stage {
  const { id, kind, blocks, dimensions } = definition;
  const maskOf = createMasks();
  const none = new Float32Array(dimensions.hidden);

  const feeds = (cache: StageCache, input: Float32Array, { from, to, queries }: RowRange & { queries: number }) => {
    const past = Math.max(1, from);
    const shape = [past, dimensions.heads, dimensions.headSize];
    const made: Record<string, Feed> = {
      [FEED.hidden]: floatFeed(input, [to - from, dimensions.hidden]),
      [FEED.position]: integerFeed(from),
      [FEED.mask]: floatFeed(maskOf(queries, to - from), [queries, to - from]),
      [FEED.pastBias]: floatFeed(Float32Array.of(from === 0 ? HIDDEN_FROM_ATTENTION : 0), []),
      [FEED.attentionSplit]: integerFeed(past, to - from),
    };
    for (let block = 0; block < blocks; block++) {
      const names = pastFeeds(block);
      made[names.keys] = floatFeed(from === 0 ? none : cache.pastKeys(block, from), shape);
      made[names.values] = floatFeed(from === 0 ? none : cache.pastValues(block, from), shape);
    }
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
    blocks,
    release: () => graph.release(),
    run: async (cache, input, range) =>
      rowsOf(await graph.run(feeds(cache, input, { ...range, queries: range.to - range.from })), range),
    choose: async (cache, input, request) => {
      const fetched = await graph.run({
        ...feeds(cache, input, { ...request, queries: request.to - request.firstQuery }),
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

/** Causal masks of the sizes seen so far: each query is one of the last rows and sees the rows up to itself. */
function createMasks(): (queries: number, rows: number) => Float32Array {
  const made = new Map<string, Float32Array>();
  return (queries, rows) => {
    const key = `${queries}x${rows}`;
    const held = made.get(key);
    if (held !== undefined) return held;
    const mask = new Float32Array(queries * rows);
    for (let query = 0; query < queries; query++) {
      mask.fill(HIDDEN_FROM_ATTENTION, query * rows + (rows - queries) + query + 1, (query + 1) * rows);
    }
    made.set(key, mask);
    return mask;
  };
}
