import { productIn } from './linear.js';
/** Positions in one chunk of the cache. */
export const CHUNK_ROWS = 64;
/** Emits one pre-norm block: attention, then a SwiGLU feed-forward part. */
export function emitBlock(context, stream, source) {
  const { graph, format } = context;
  const { weights, keepQueries = rows => rows } = source;
  const linear = productIn(format);
  const entry = emitNorm(context, stream, {
    name: `${weights.queryKeyValue.name}.norm`,
    values: weights.attentionNorm,
  });
  const rows = emitRows(context, linear(graph, entry.normed, weights.queryKeyValue));
  const mixed = emitAttention(context, { ...rows, queries: keepQueries(rows.queries, 1) }, source);
  const middle = emitNorm(
    context,
    { residual: keepQueries(entry.hidden, 0), branch: linear(graph, mixed, weights.attentionOutput) },
    { name: `${weights.down.name}.norm`, values: weights.feedForwardNorm },
  );
  const branch = emitFeedForward(context, middle.normed, { weights, linear });
  return { stream: { residual: middle.hidden, branch }, keys: rows.keys, values: rows.values };
}
/** Root-mean-square norm of the sum over the last axis, times `weight`; and the sum. */
export function emitNorm({ graph, dimensions }, { residual, branch }, weight) {
  const scale = graph.constant(weight.name, weight.values, [dimensions.hidden]);
  const epsilon = { float: dimensions.normEpsilon };
  if (branch === undefined) {
    const normed = graph.node('SimplifiedLayerNormalization', [residual, scale], { attributes: { axis: -1, epsilon } });
    return { normed, hidden: residual };
  }
  const [normed = '', , , hidden = ''] = graph.nodes('SkipSimplifiedLayerNormalization', [residual, branch, scale], 4, {
    microsoft: true,
    attributes: { epsilon },
  });
  return { normed, hidden };
}
/** The sum that a stream stands for. */
export function emitSum({ graph }, { residual, branch }) {
  return branch === undefined ? residual : graph.node('Add', [residual, branch]);
}
/** Splits the packed product by heads; queries and keys are rotated together by their positions. */
function emitRows({ graph, dimensions, inputs }, packed) {
  const { heads, headSize } = dimensions;
  const reshape = (name, shape) => graph.node('Reshape', [name, graph.integers(shape)]);
  const byHead = transpose(graph, reshape(packed, [1, -1, 3 * heads, headSize]), [0, 2, 1, 3]);
  const [turning = '', values = ''] = graph.nodes('Split', [byHead, graph.integers([2 * heads, heads])], 2, {
    attributes: { axis: 1 },
  });
  const turned = graph.node('RotaryEmbedding', [turning, inputs.position, inputs.cosines, inputs.sines], {
    microsoft: true,
    attributes: { num_heads: 2 * heads, rotary_embedding_dim: headSize, interleaved: 0 },
  });
  const flat = reshape(turned, [2 * heads, -1, headSize]);
  const [queries = '', keys = ''] = graph.nodes('Split', [flat, graph.integers([heads, heads])], 2, {
    attributes: { axis: 0 },
  });
  return { queries, keys, values: reshape(values, [heads, -1, headSize]) };
}
/** Softmax attention over past and new rows; result [queries, hidden]. */
function emitAttention({ graph, dimensions, inputs }, rows, source) {
  const { heads, hidden } = dimensions;
  const along = { attributes: { axis: 2 } };
  const score = (keys, perm) => graph.node('MatMul', [rows.queries, transpose(graph, keys, perm)]);
  const byChunk = transpose(graph, score(source.pastKeys, [0, 1, 3, 2]), [1, 2, 0, 3]);
  const past = graph.node('Reshape', [byChunk, graph.integers([heads, 0, -1])]);
  const fresh = score(rows.keys, [0, 2, 1]);
  const scores = graph.node('Add', [graph.node('Concat', [past, fresh], along), inputs.mask]);
  const chances = graph.node('Softmax', [scores], along);
  const [ofPast = '', ofFresh = ''] = graph.nodes('Split', [chances, inputs.attentionSplit], 2, along);
  const chunked = graph.node('Reshape', [ofPast, graph.integers([heads, 0, -1, CHUNK_ROWS])]);
  const mixedByChunk = graph.node('MatMul', [transpose(graph, chunked, [2, 0, 1, 3]), source.pastValues]);
  const mixed = graph.node('Add', [
    graph.node('MatMul', [ofFresh, rows.values]),
    graph.node('ReduceSum', [mixedByChunk, graph.integers([0])], { attributes: { keepdims: 0 } }),
  ]);
  return graph.node('Reshape', [transpose(graph, mixed, [1, 0, 2]), graph.integers([-1, hidden])]);
}
function transpose(graph, name, perm) {
  return graph.node('Transpose', [name], { attributes: { perm } });
}
function emitFeedForward({ graph, dimensions }, input, { weights, linear }) {
  const sizes = graph.integers([dimensions.feedForward, dimensions.feedForward]);
  const [gate = '', up = ''] = graph.nodes('Split', [linear(graph, input, weights.gateUp), sizes], 2, {
    attributes: { axis: 1 },
  });
  const gated = graph.node('Mul', [gate, graph.node('Sigmoid', [gate])]);
  return linear(graph, graph.node('Mul', [gated, up]), weights.down);
}
//# sourceMappingURL=block-graph.js.map
