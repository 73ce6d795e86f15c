// SPDX-License-Identifier: Apache-2.0
import { type Feed, floatFeed, integerFeed } from '../onnx/graph-runtime.ts';
import { FEED } from '../onnx/segment-graph.ts';

/** Positions to compute in one block, on top of the rows below `from`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** A block whose last rows, from `firstQuery` on, are wanted as queries; the others add to the cache only. */
export interface QueryRange extends RowRange {
  readonly firstQuery: number;
}

/** Feeds that depend on a block's place alone. */
export type RangeFeeds = (range: QueryRange) => Readonly<Record<string, Feed>>;

const HIDDEN_FROM_ATTENTION = -1e9;

/** Remembers the last block, since a step goes through every stage at the same place. */
export function createRangeFeeds(): RangeFeeds {
  const maskOf = createMasks();
  let last: QueryRange | undefined;
  let feeds: Readonly<Record<string, Feed>> = {};
  return range => {
    const { from, to, firstQuery } = range;
    if (last?.from === from && last.to === to && last.firstQuery === firstQuery) return feeds;
    last = { from, to, firstQuery };
    feeds = {
      [FEED.position]: integerFeed(from),
      [FEED.mask]: floatFeed(maskOf(to - firstQuery, to - from), [to - firstQuery, to - from]),
      [FEED.pastBias]: floatFeed(Float32Array.of(from === 0 ? HIDDEN_FROM_ATTENTION : 0), []),
      [FEED.attentionSplit]: integerFeed(Math.max(1, from), to - from),
    };
    return feeds;
  };
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
