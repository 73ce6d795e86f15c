// SPDX-License-Identifier: Apache-2.0
//
// One transformer block as ONNX nodes. The cache stays outside ("delta KV"): the block reads views on the keys and
// values of earlier positions, one row a position, and hands back the rows of the new positions only.
//
// B1  Scores against the past and against the new rows are two products; only the second needs the causal mask.
// B2  Transposes are plain Transpose nodes next to MatMul: the optimizer folds them into the product, so neither keys
//     nor values are copied or transposed in memory.
// B3  An empty past kills the runtime's process. For one, feed one row of zeros and a `past_bias` of -1e9; else 0.
import type { Dimensions } from '../manifest/manifest.ts';
import type { BlockWeights } from './block-weights.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { type EmitProduct, type LinearFormat, productIn } from './linear.ts';

/** What all blocks of a graph share. */
export interface BlockInputs {
  /** The position of the first new row. */
  readonly position: string;
  /** [queries, new rows]: 0 where a query sees a row, -1e9 elsewhere. */
  readonly mask: string;
  readonly pastBias: string;
  /** Number of past rows and of new rows. */
  readonly attentionSplit: string;
  readonly cosines: string;
  readonly sines: string;
}

/** Emits blocks into one graph. */
export interface BlockContext {
  readonly graph: GraphBuilder;
  readonly dimensions: Dimensions;
  readonly format: LinearFormat;
  readonly inputs: BlockInputs;
}

/** The block's result and the rows it adds to the cache, each [new rows, hidden]. */
export interface BlockOutputs {
  readonly hidden: string;
  readonly keys: string;
  readonly values: string;
}

/** What tells one block from the others. */
export interface BlockSource {
  readonly weights: BlockWeights;
  /** Feeds, each [past rows, heads, headSize]. */
  readonly pastKeys: string;
  readonly pastValues: string;
  /** Keeps only the last rows as queries; keys and values are made for all rows. Default: all rows. */
  readonly keepQueries?: (rows: string) => string;
}

/** Emits one pre-norm block: attention, then a SwiGLU feed-forward part. */
export function emitBlock(context: BlockContext, hidden: string, source: BlockSource): BlockOutputs {
  const { graph, dimensions, format } = context;
  const { weights, keepQueries = rows => rows } = source;
  const linear = productIn(format);
  const normed = emitNorm(context, hidden, weights.attentionNorm);
  const rows = emitRows(context, linear(graph, normed, weights.queryKeyValue));
  const queries = keepQueries(rows.queries);
  const mixed = emitAttention(context, { ...rows, queries }, source);
  const attended = linear(graph, mixed, weights.attentionOutput);
  const [normed2 = '', , , residual = ''] = graph.nodes(
    'SkipSimplifiedLayerNormalization',
    [
      keepQueries(hidden),
      attended,
      graph.constant(`${weights.down.name}.norm`, weights.feedForwardNorm, [dimensions.hidden]),
    ],
    4,
    { microsoft: true, attributes: { epsilon: { float: dimensions.normEpsilon } } },
  );
  const fed = emitFeedForward(context, normed2, { weights, linear });
  return { hidden: graph.node('Add', [residual, fed]), keys: rows.keys, values: rows.values };
}

/** Root-mean-square norm over the last axis, times `weight`. */
export function emitNorm({ graph, dimensions }: BlockContext, input: string, weight: Float32Array): string {
  const scale = graph.constant(`norm_of_${input}`, weight, [dimensions.hidden]);
  return graph.node('SimplifiedLayerNormalization', [input, scale], {
    attributes: { axis: -1, epsilon: { float: dimensions.normEpsilon } },
  });
}

interface Rows {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
}

/** Splits the packed product; queries and keys are rotated together by their positions. */
function emitRows({ graph, dimensions, inputs }: BlockContext, packed: string): Rows {
  const { hidden, heads } = dimensions;
  const [turning = '', values = ''] = graph.nodes('Split', [packed, graph.integers([2 * hidden, hidden])], 2, {
    attributes: { axis: 1 },
  });
  const batched = graph.node('Unsqueeze', [turning, graph.integers([0])]);
  const turned = graph.node('RotaryEmbedding', [batched, inputs.position, inputs.cosines, inputs.sines], {
    microsoft: true,
    attributes: { num_heads: 2 * heads, rotary_embedding_dim: dimensions.headSize, interleaved: 0 },
  });
  const flat = graph.node('Squeeze', [turned, graph.integers([0])]);
  const [queries = '', keys = ''] = graph.nodes('Split', [flat, graph.integers([hidden, hidden])], 2, {
    attributes: { axis: 1 },
  });
  return { queries, keys, values };
}

/** Softmax attention over past and new rows; result [queries, hidden]. */
function emitAttention(context: BlockContext, rows: Rows, source: BlockSource): string {
  const { graph, dimensions, inputs } = context;
  const byHead = graph.integers([-1, dimensions.heads, dimensions.headSize]);
  const split = (name: string): string => graph.node('Reshape', [name, byHead]);
  const transpose = (name: string, perm: readonly number[]): string =>
    graph.node('Transpose', [name], { attributes: { perm } });
  const queries = transpose(split(rows.queries), [1, 0, 2]);
  const score = (keys: string, bias: string): string =>
    graph.node('Add', [graph.node('MatMul', [queries, transpose(keys, [1, 2, 0])]), bias]);

  const past = score(source.pastKeys, inputs.pastBias);
  const fresh = score(split(rows.keys), inputs.mask);
  const chances = graph.node('Softmax', [graph.node('Concat', [past, fresh], { attributes: { axis: 2 } })], {
    attributes: { axis: 2 },
  });
  const [ofPast = '', ofFresh = ''] = graph.nodes('Split', [chances, inputs.attentionSplit], 2, {
    attributes: { axis: 2 },
  });
  const mixed = graph.node('Add', [
    graph.node('MatMul', [ofPast, transpose(source.pastValues, [1, 0, 2])]),
    graph.node('MatMul', [ofFresh, transpose(split(rows.values), [1, 0, 2])]),
  ]);
  return graph.node('Reshape', [transpose(mixed, [1, 0, 2]), graph.integers([-1, dimensions.hidden])]);
}

function emitFeedForward(
  { graph, dimensions }: BlockContext,
  input: string,
  { weights, linear }: { readonly weights: BlockWeights; readonly linear: EmitProduct },
): string {
  const sizes = graph.integers([dimensions.feedForward, dimensions.feedForward]);
  const [gate = '', up = ''] = graph.nodes('Split', [linear(graph, input, weights.gateUp), sizes], 2, {
    attributes: { axis: 1 },
  });
  const gated = graph.node('Mul', [gate, graph.node('Sigmoid', [gate])]);
  return linear(graph, graph.node('Mul', [gated, up]), weights.down);
}
