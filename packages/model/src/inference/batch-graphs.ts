// SPDX-License-Identifier: Apache-2.0
//
// Graphs of one stage for several sessions: their rows share every product with weights, which costs what reading the
// weights costs, and attention is done session by session on views of their own caches.
//
// N1  A graph is loaded when a batch of its size comes first, since it holds the stage's weights once more.
// N2  Rows that shared a run are marked: products over more rows add up in another order.
import {
  type Feed,
  type Fetched,
  floatFeed,
  type GraphRunner,
  integerFeed,
  positionFeed,
} from '../onnx/graph-runtime.ts';
import { FEED, FETCH } from '../onnx/segment-graph.ts';
import { createPastFeeds } from './past-feeds.ts';
import { slotRangeFeeds } from './range-feeds.ts';
import { type ChosenRows, type StageDefinition, type StageRequest, splitCandidates } from './stage-run.ts';

/** Sessions a graph may be built for, largest first. */
export const BATCH_SIZES = [8, 4, 2] as const;

/** Runs batches of one stage. */
export interface BatchGraphs {
  /** How many of so many waiting requests go into one run; 1 where there is no graph for more. */
  sizeFor(waiting: number): number;
  /** Runs as many requests as `sizeFor` said. */
  run(requests: readonly StageRequest[]): Promise<readonly ChosenRows[]>;
  release(): Promise<void>;
}

/** No graph is loaded yet. */
export function createBatchGraphs(
  load: (sessions: number) => Promise<GraphRunner>,
  definition: StageDefinition,
): BatchGraphs {
  const graphs = new Map<number, Promise<GraphRunner>>();
  const pastFeeds = Array.from({ length: BATCH_SIZES[0] }, (_, slot) => createPastFeeds(definition, slot));
  const graphFor = (sessions: number): Promise<GraphRunner> => {
    const held = graphs.get(sessions);
    if (held !== undefined) return held;
    const loading = load(sessions);
    graphs.set(sessions, loading);
    loading.catch(() => graphs.delete(sessions));
    return loading;
  };
  return {
    sizeFor: waiting => BATCH_SIZES.find(size => size <= waiting) ?? 1,
    run: async requests => {
      const graph = await graphFor(requests.length);
      const candidates = Math.max(...requests.map(request => request.candidates));
      const feeds: Record<string, Feed> = { ...rowFeeds(requests, definition.dimensions.hidden) };
      if (definition.kind === 'exit') feeds[FEED.candidates] = integerFeed(candidates);
      requests.forEach(({ cache, range }, slot) => {
        Object.assign(feeds, slotRangeFeeds(range, slot));
        pastFeeds[slot]?.(feeds, cache, range.from);
      });
      return splitBatch(await graph.run(feeds), requests, { definition, candidates });
    },
    release: async () => {
      const loaded = await Promise.allSettled(graphs.values());
      graphs.clear();
      for (const graph of loaded) if (graph.status === 'fulfilled') await graph.value.release();
    },
  };
}

function rowFeeds(requests: readonly StageRequest[], hidden: number): Readonly<Record<string, Feed>> {
  const counts = requests.map(({ range }) => range.to - range.from);
  const positions = requests.flatMap(({ range }, index) =>
    Array.from({ length: counts[index] ?? 0 }, (_, row) => range.from + row),
  );
  const rows = new Float32Array(positions.length * hidden);
  let at = 0;
  for (const { input } of requests) {
    rows.set(input, at);
    at += input.length;
  }
  return {
    [FEED.hidden]: floatFeed(rows, [positions.length, hidden]),
    [FEED.position]: positionFeed(positions),
    [FEED.rowSplit]: integerFeed(...counts),
  };
}

/** N2 */
function splitBatch(
  fetched: Fetched,
  requests: readonly StageRequest[],
  { definition, candidates }: { readonly definition: StageDefinition; readonly candidates: number },
): readonly ChosenRows[] {
  const { hidden } = definition.dimensions;
  const keysAndValues = fetched.floats(FETCH.cacheRows);
  const features = definition.kind === 'trunk' ? fetched.floats(FETCH.hidden) : undefined;
  const best = definition.kind === 'exit' ? splitCandidates(fetched, candidates) : [];
  const sides = 2 * definition.blocks;
  const all = keysAndValues.length / sides / hidden;
  let first = 0;
  return requests.map(request => {
    const count = request.range.to - request.range.from;
    const begin = first;
    first += count;
    const own = new Float32Array(sides * count * hidden);
    for (let side = 0; side < sides; side++) {
      const from = (side * all + begin) * hidden;
      own.set(keysAndValues.subarray(from, from + count * hidden), side * count * hidden);
    }
    return {
      rows: {
        count,
        keysAndValues: own,
        features: features?.subarray(begin * hidden, (begin + count) * hidden),
        wasShared: true,
      },
      candidates: best.slice(begin, begin + count).map(({ logits, tokens }) => ({
        logits: logits.subarray(0, request.candidates),
        tokens: tokens.subarray(0, request.candidates),
      })),
    };
  });
}
