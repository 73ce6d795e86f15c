// SPDX-License-Identifier: Apache-2.0
import { CHUNK_ROWS } from '../onnx/attention.ts';
import { type Feed, floatFeed, integerFeed } from '../onnx/graph-runtime.ts';
import { FEED, slotFeeds } from '../onnx/segment-graph.ts';

/** Positions to compute in one block, on top of the rows below `from`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Rows to run, and whether rows of other sessions may share the run, which changes their last bits. */
export interface RunRange extends RowRange {
  /** Default false. */
  readonly mayShare?: boolean;
}

/** A block whose last rows, from `firstQuery` on, are wanted as queries; the others add to the cache only. */
export interface QueryRange extends RunRange {
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
    feeds = { [FEED.position]: integerFeed(from), ...slotRangeFeeds(range, 0) };
    return feeds;
  };
}

/** What one session's slot of a graph is fed for a block's place. */
export function slotRangeFeeds(range: QueryRange, slot: number): Readonly<Record<string, Feed>> {
  const { from, to, firstQuery } = range;
  const { mask, attentionSplit } = slotFeeds(slot);
  const pastRows = chunksFor(from) * CHUNK_ROWS;
  return {
    [mask]: floatFeed(maskOf(range), [to - firstQuery, pastRows + to - from]),
    [attentionSplit]: integerFeed(pastRows, to - from),
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
