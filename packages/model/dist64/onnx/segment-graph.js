import { findTensor, floatValues, integerValues } from '../manifest/safetensors.js';
import { CHUNK_ROWS, emitBlock, emitNorm, emitSum } from './block-graph.js';
import { readBlockWeights } from './block-weights.js';
import { createGraphBuilder } from './graph-builder.js';
import { LINEAR } from './linear.js';
import { rotationTables } from './rotation.js';
/** Names of a graph's feeds and fetches. `n` rows are new; `p` are past, filled up to whole chunks and one at least. */
export const FEED = {
  /** fp32 [n, hidden] */
  hidden: 'hidden',
  /** int64 [1]: position of the first new row */
  position: 'position',
  /** fp32 [queries, p + n]: 0 where a query sees a row, else -1e9; queries are the last rows */
  mask: 'mask',
  /** int64 [2]: p and n */
  attentionSplit: 'attention_split',
  /** Exits only, int64 [1]: first row that is a query */
  firstQuery: 'first_query',
  /** Exits only, int64 [1]: how many of the best tokens to return */
  candidates: 'candidates',
};
/** What a graph returns. */
export const FETCH = {
  /** Trunk only, fp32 [n, hidden] */
  hidden: 'hidden_out',
  /** fp32 [2 * layers * n, hidden]: keys then values of each block in order */
  cacheRows: 'kv_new',
  /** Exits only, fp32 [queries, candidates]: logits, best first */
  logits: 'top_logits',
  /** Exits only, int32 [queries, candidates] */
  tokens: 'top_tokens',
};
/** Feed names of a block's past, fp32 [p / CHUNK_ROWS, heads, CHUNK_ROWS, headSize]. */
export function pastFeeds(block) {
  return { keys: `past_keys_${block}`, values: `past_values_${block}` };
}
/** Layers `from` to `to - 1` of the trunk; `tensors` holds those of every segment in between. */
export function buildTrunkGraph(tensors, { from, to }, shape) {
  const layers = Array.from({ length: to - from }, (_, index) => from + index);
  const blocks = layers.map(layer => readBlockWeights(tensors, `layers.${layer}`, shape.dimensions));
  const context = startGraph(`trunk-${from}-${to}`, shape);
  const { graph, dimensions } = context;
  const cacheRows = [];
  let stream = {
    residual: graph.input({ name: FEED.hidden, type: 'float', shape: ['new', dimensions.hidden] }),
  };
  blocks.forEach((weights, block) => {
    const made = emitBlock(context, stream, { weights, ...emitPast(context, block) });
    cacheRows.push(made.keys, made.values);
    stream = made.stream;
  });
  graph.node('Identity', [emitSum(context, stream)], { as: FETCH.hidden });
  graph.output({ name: FETCH.hidden, type: 'float', shape: ['new', dimensions.hidden] });
  emitCacheRows(context, cacheRows);
  return graph.build();
}
/** The exit's own block and norm, the tied head, and the choice of the best tokens. */
export function buildExitGraph(exit, shape) {
  const { depth, block: weights, norm, embedding } = exit;
  const context = startGraph(`exit-${depth}`, shape);
  const { graph, dimensions, format } = context;
  const hidden = graph.input({ name: FEED.hidden, type: 'float', shape: ['new', dimensions.hidden] });
  const firstQuery = graph.input({ name: FEED.firstQuery, type: 'int64', shape: [1] });
  const keepQueries = (rows, axis) =>
    graph.node('Slice', [rows, firstQuery, graph.integers([dimensions.context]), graph.integers([axis])]);
  const made = emitBlock(context, { residual: hidden }, { weights, keepQueries, ...emitPast(context, 0) });
  const { normed } = emitNorm(context, made.stream, { name: 'norm', values: norm });
  emitChoice(context, LINEAR[format](graph, normed, readHead(embedding, dimensions)));
  emitCacheRows(context, [made.keys, made.values]);
  return graph.build();
}
/** Declares what every graph takes and prepares its tables. */
function startGraph(name, { dimensions, format }) {
  const graph = createGraphBuilder(name);
  const { cosines, sines } = rotationTables(dimensions);
  const tableShape = [dimensions.context, dimensions.headSize / 2];
  const inputs = {
    position: graph.input({ name: FEED.position, type: 'int64', shape: [1] }),
    mask: graph.input({ name: FEED.mask, type: 'float', shape: ['queries', 'past_and_new'] }),
    attentionSplit: graph.input({ name: FEED.attentionSplit, type: 'int64', shape: [2] }),
    cosines: graph.constant('cosines', cosines, tableShape),
    sines: graph.constant('sines', sines, tableShape),
  };
  return { graph, dimensions, format, inputs };
}
function emitPast({ graph, dimensions }, block) {
  const { keys, values } = pastFeeds(block);
  const shape = ['chunks', dimensions.heads, CHUNK_ROWS, dimensions.headSize];
  return {
    pastKeys: graph.input({ name: keys, type: 'float', shape }),
    pastValues: graph.input({ name: values, type: 'float', shape }),
  };
}
/** Position by position, as rows travel and are stored outside of a graph's cache. */
function emitCacheRows({ graph, dimensions }, rows) {
  const { heads, headSize, hidden } = dimensions;
  const byHead = graph.node('Concat', rows, { attributes: { axis: 0 } });
  const parts = graph.node('Reshape', [byHead, graph.integers([rows.length, heads, -1, headSize])]);
  const byPosition = graph.node('Transpose', [parts], { attributes: { perm: [0, 2, 1, 3] } });
  graph.node('Reshape', [byPosition, graph.integers([-1, hidden])], { as: FETCH.cacheRows });
  graph.output({ name: FETCH.cacheRows, type: 'float', shape: ['cache_rows', hidden] });
}
/** Logits never leave the graph whole unless every token is asked for. */
function emitChoice({ graph }, logits) {
  const count = graph.input({ name: FEED.candidates, type: 'int64', shape: [1] });
  const [values = '', indices = ''] = graph.nodes('TopK', [logits, count], 2, { attributes: { axis: -1 } });
  graph.node('Identity', [values], { as: FETCH.logits });
  graph.node('Cast', [indices], { as: FETCH.tokens, attributes: { to: 6 } });
  graph.output({ name: FETCH.logits, type: 'float', shape: ['queries', 'candidates'] });
  graph.output({ name: FETCH.tokens, type: 'int32', shape: ['queries', 'candidates'] });
}
/** The embedding [vocabulary, hidden] with a scale a row, turned into a matrix [hidden, vocabulary] with one a column. */
function readHead(embedding, { vocabulary, hidden }) {
  const stored = integerValues(findTensor(embedding, 'embedding.weight', { type: 'I8', shape: [vocabulary, hidden] }));
  const values = new Int8Array(stored.length);
  for (let token = 0; token < vocabulary; token++) {
    for (let column = 0; column < hidden; column++) {
      values[column * vocabulary + token] = stored[token * hidden + column] ?? 0;
    }
  }
  const scales = floatValues(findTensor(embedding, 'embedding.scale', { type: 'F32', shape: [vocabulary] }));
  return { name: 'head', values, scales, rows: hidden, columns: vocabulary };
}
//# sourceMappingURL=segment-graph.js.map
