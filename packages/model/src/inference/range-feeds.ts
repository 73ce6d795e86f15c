// SPDX-License-Identifier: Apache-2.0
import { CHUNK_ROWS } from '../onnx/block-graph.ts';
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
  let last: QueryRange | undefined;
  let feeds: Readonly<Record<string, Feed>> = {};
  return range => {
    const { from, to, firstQuery } = range;
    if (last?.from === from && last.to === to && last.firstQuery === firstQuery) return feeds;
    last = { from, to, firstQuery };
    const pastRows = chunksFor(from) * CHUNK_ROWS;
    feeds = {
      [FEED.position]: integerFeed(from),
      [FEED.mask]: floatFeed(maskOf(range), [to - firstQuery, pastRows + to - from]),
      [FEED.attentionSplit]: integerFeed(pastRows, to - from),
    };
    return feeds;
  };
}

/** How many chunks a graph is fed for so many past rows: one at least. */
export function chunksFor(rows: number): number {
  return Math.max(1, Math.ceil(rows / CHUNK_ROWS));
}

/** A query sees all past rows and the new ones up to itself, but not what fills up the last chunk. */
export function maskOf({ from, to, firstQuery }: QueryRange): Float32Array {
  const pastRows = chunksFor(from) * CHUNK_ROWS;
  const width = pastRows + to - from;
  const mask = new Float32Array((to - firstQuery) * width);
  for (let query = firstQuery; query < to; query++) {
    const start = (query - firstQuery) * width;
    mask.fill(HIDDEN_FROM_ATTENTION, start + from, start + pastRows);
    mask.fill(HIDDEN_FROM_ATTENTION, start + pastRows + query - from + 1, start + width);
  }
  return mask;
}
