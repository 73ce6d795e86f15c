// SPDX-License-Identifier: Apache-2.0
import type { StageCache } from '../cache/stage-cache.ts';
import type { StageWork } from '../engine-status.ts';
import { floatFeed, type GraphRunner, integerFeed } from '../onnx/graph-runtime.ts';
import { FEED, FETCH } from '../onnx/segment-graph.ts';
import type { BatchGraphs } from './batch-graphs.ts';
import { createKeptFeeds } from './past-feeds.ts';
import type { QueryRange, RangeFeeds, RunRange } from './range-feeds.ts';
import {
  type ChosenRows,
  type StageDefinition,
  type StageRequest,
  type StageRows,
  splitCandidates,
} from './stage-run.ts';

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
  /** This stage where rows are never shared; absent where that is so anyway. */
  readonly alone?: Stage;
  run(cache: StageCache, input: Float32Array, range: RunRange): Promise<StageRows>;
  /** For exits: as `run`, and the best `candidates` tokens for each row from `firstQuery` on. */
  choose(
    cache: StageCache,
    input: Float32Array,
    request: QueryRange & { readonly candidates: number },
  ): Promise<ChosenRows>;
  /** Runs rows of several sessions, in as few graph runs as there are graphs for. Every row is a query. */
  runTogether(requests: readonly StageRequest[]): Promise<readonly ChosenRows[]>;
  release(): Promise<void>;
}

/** What a stage shares with others or has beside its graph. */
export interface StageParts {
  /** Stages that share these share what depends on a block's place alone. */
  readonly rangeFeeds: RangeFeeds;
  readonly batches: BatchGraphs;
}

/** Wraps a loaded graph. */
export function createStage(graph: GraphRunner, parts: StageParts, definition: StageDefinition): Stage {
  const { id, kind, from, blocks, dimensions } = definition;
  const feedsOf = createKeptFeeds(definition);
  const work = { id, runs: 0, rows: 0 };
  const compute = async (request: StageRequest): Promise<ChosenRows> => {
    const { range, input, candidates } = request;
    const rows = range.to - range.from;
    work.runs++;
    work.rows += rows;
    const feeds = feedsOf(request.cache, range.from);
    Object.assign(feeds, parts.rangeFeeds(range));
    feeds[FEED.hidden] = floatFeed(input, [rows, dimensions.hidden]);
    if (kind === 'exit') {
      feeds[FEED.firstQuery] = integerFeed(range.firstQuery - range.from);
      feeds[FEED.candidates] = integerFeed(candidates);
    }
    const fetched = await graph.run(feeds);
    return {
      rows: {
        count: rows,
        keysAndValues: fetched.floats(FETCH.cacheRows),
        features: kind === 'trunk' ? fetched.floats(FETCH.hidden) : undefined,
        wasShared: false,
      },
      candidates: kind === 'exit' ? splitCandidates(fetched, candidates) : [],
    };
  };
  return {
    id,
    kind,
    from,
    blocks,
    work,
    run: async (cache, input, range) =>
      (await compute({ cache, input, range: { ...range, firstQuery: range.from }, candidates: 0 })).rows,
    choose: (cache, input, request) => compute({ cache, input, range: request, candidates: request.candidates }),
    runTogether: async requests => {
      const made: ChosenRows[] = [];
      while (made.length < requests.length) {
        const size = parts.batches.sizeFor(requests.length - made.length);
        const next = requests.slice(made.length, made.length + size);
        const [only] = next;
        if (next.length === 1 && only !== undefined) {
          made.push(await compute(only));
          continue;
        }
        work.runs++;
        work.rows += next.reduce((sum, { range }) => sum + range.to - range.from, 0);
        made.push(...(await parts.batches.run(next)));
      }
      return made;
    },
    release: async () => {
      await graph.release();
      await parts.batches.release();
    },
  };
}
