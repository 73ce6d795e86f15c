// SPDX-License-Identifier: Apache-2.0
import { CHUNK_ROWS } from '../onnx/block-graph.js';
import { floatFeed, integerFeed } from '../onnx/graph-runtime.js';
import { FEED } from '../onnx/segment-graph.js';

const HIDDEN_FROM_ATTENTION = -1e9;
/** Remembers the last block, since a step goes through every stage at the same place. */
export function createRangeFeeds() {
  let last;
  let feeds = {};
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
export function chunksFor(rows) {
  return Math.max(1, Math.ceil(rows / CHUNK_ROWS));
}
/** A query sees all past rows and the new ones up to itself, but not what fills up the last chunk. */
export function maskOf({ from, to, firstQuery }) {
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
//# sourceMappingURL=range-feeds.js.map
