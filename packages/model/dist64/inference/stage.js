import { CHUNK_ROWS } from '../onnx/block-graph.js';
import { floatFeed, integerFeed } from '../onnx/graph-runtime.js';
import { FEED, FETCH, pastFeeds } from '../onnx/segment-graph.js';
import { chunksFor } from './range-feeds.js';
/** Wraps a loaded graph. Stages that share `rangeFeeds` share what depends on a block's place alone. */
export function createStage(graph, rangeFeeds, definition) {
  const { id, kind, from: layer, blocks, dimensions } = definition;
  const names = Array.from({ length: blocks }, (_, block) => pastFeeds(block));
  const none = new Float32Array(CHUNK_ROWS * dimensions.hidden);
  const work = { id, runs: 0, rows: 0 };
  const feeds = (cache, input, range) => {
    const { from, to } = range;
    const shape = [chunksFor(from), dimensions.heads, CHUNK_ROWS, dimensions.headSize];
    const made = {
      ...rangeFeeds(range),
      [FEED.hidden]: floatFeed(input, [to - from, dimensions.hidden]),
    };
    names.forEach(({ keys, values }, block) => {
      made[keys] = floatFeed(from === 0 ? none : cache.pastKeys(block, from), shape);
      made[values] = floatFeed(from === 0 ? none : cache.pastValues(block, from), shape);
    });
    work.runs++;
    work.rows += to - from;
    return made;
  };
  const rowsOf = (fetched, range) => ({
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
function splitCandidates(fetched, count) {
  const logits = fetched.floats(FETCH.logits);
  const tokens = fetched.integers(FETCH.tokens);
  return Array.from({ length: logits.length / count }, (_, row) => ({
    logits: logits.subarray(row * count, (row + 1) * count),
    tokens: tokens.subarray(row * count, (row + 1) * count),
  }));
}
//# sourceMappingURL=stage.js.map
