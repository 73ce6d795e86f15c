// SPDX-License-Identifier: Apache-2.0
import type { StageCache } from '../cache/stage-cache.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import { CHUNK_ROWS } from '../onnx/attention.ts';
import { type Feed, keptFloatFeed } from '../onnx/graph-runtime.ts';
import { slotFeeds } from '../onnx/segment-graph.ts';
import { chunksFor } from './range-feeds.ts';

/** Adds views on the first `rows` rows of a session's keys and values to `feeds`. */
export type PastFeeds = (feeds: Record<string, Feed>, cache: StageCache, rows: number) => void;

/** Feeds for one slot of a graph of so many blocks. An empty past is one chunk of zeros (B3). */
export function createPastFeeds(
  { blocks, dimensions }: { readonly blocks: number; readonly dimensions: Dimensions },
  slot: number,
): PastFeeds {
  const { heads, headSize, hidden } = dimensions;
  const names = Array.from({ length: blocks }, (_, block) => slotFeeds(slot).past(block));
  const none = new Float32Array(CHUNK_ROWS * hidden);
  return (feeds, cache, rows) => {
    const shape = [chunksFor(rows), heads, CHUNK_ROWS, headSize];
    names.forEach(({ keys, values }, block) => {
      feeds[keys] = keptFloatFeed(rows === 0 ? none : cache.pastKeys(block, rows), shape);
      feeds[values] = keptFloatFeed(rows === 0 ? none : cache.pastValues(block, rows), shape);
    });
  };
}

/** The feeds of a session's last run, with its past; the caller puts in what else its next run takes. */
export type KeptFeeds = (cache: StageCache, rows: number) => Record<string, Feed>;

/** Feeds for a graph of one session. A session's runs follow each other, so that the last run's object serves the next. */
export function createKeptFeeds(definition: { readonly blocks: number; readonly dimensions: Dimensions }): KeptFeeds {
  const addPast = createPastFeeds(definition, 0);
  const last = new WeakMap<StageCache, { readonly view: Float32Array; readonly feeds: Record<string, Feed> }>();
  return (cache, rows) => {
    // All sides of a cache grow together: the first one's view tells whether the others' still hold.
    const view = cache.pastKeys(0, rows);
    const held = last.get(cache);
    if (rows > 0 && held?.view === view) return held.feeds;
    const feeds: Record<string, Feed> = {};
    addPast(feeds, cache, rows);
    last.set(cache, { view, feeds });
    return feeds;
  };
}
