// SPDX-License-Identifier: Apache-2.0
//
// One transformer block as ONNX nodes. The cache stays outside ("delta KV"): the block reads views on the keys and
// values of earlier positions and hands back those of the new positions only.
//
// B1  Past keys and values come in chunks of CHUNK_ROWS positions, within a chunk head by head, so that one head's rows
//     are one run of memory. Position by position, as the rows are made, a head's rows lie a row apart: reading them
//     so took twice as long at 448 positions.
// B2  Scores against the past and against the new rows are two products. One mask hides what a query must not see: rows
//     of the last chunk that are not filled (they hold what an earlier use left), and new rows after the query.
// B3  An empty past kills the runtime's process. For one, feed one chunk, all of it masked.
// B4  Rows of several sessions share all products; attention alone is done session by session. What belongs to one
//     session is a slot.
// B5  A block's result leaves it as two addends, since the next norm adds and norms in one node.
import type { Dimensions } from '../manifest/manifest.ts';
import type { BlockWeights } from './block-weights.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { type EmitProduct, type LinearFormat, productIn } from './linear.ts';

/** What all blocks know of one session. */
export interface SlotInputs {
  /** [queries, past rows and new rows]: 0 where a query sees a row, -1e9 elsewhere. */
  readonly mask: string;
  /** Number of past rows, whole chunks, and of new rows. */
  readonly attentionSplit: string;
}

/** What all blocks of a graph share. */
export interface BlockInputs {
  /** The position of the first new row where there is one slot, else [1, new rows]: each row's. */
  readonly position: string;
  readonly slots: readonly SlotInputs[];
  /** Number of new rows in each slot. */
  readonly rowSplit: string;
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

/** Hidden states [rows, hidden] as a sum: of `residual` and, where there is one, `branch`. */
export interface Stream {
  readonly residual: string;
  readonly branch?: string;
}

/** The block's result and the rows it adds to the cache, each [heads, new rows, headSize]. */
export interface BlockOutputs {
  readonly stream: Stream;
  readonly keys: string;
  readonly values: string;
}

/** A session's past in one block. Feeds, each [chunks, heads, CHUNK_ROWS, headSize]. */
export interface SlotPast {
  readonly keys: string;
  readonly values: string;
}

/** What tells one block from the others. */
export interface BlockSource {
  readonly weights: BlockWeights;
  /** By slot. */
  readonly past: readonly SlotPast[];
  /** Keeps only the last rows, which lie along `axis`, as queries; keys and values are made for all. Default: all rows. */
  readonly keepQueries?: (rows: string, axis: number) => string;
}

/** Positions in one chunk of the cache. */
export const CHUNK_ROWS = 64;

/** Emits one pre-norm block: attention, then a SwiGLU feed-forward part. */
export function emitBlock(context: BlockContext, stream: Stream, source: BlockSource): BlockOutputs {
  const { graph, format } = context;
  const { weights, keepQueries = rows => rows } = source;
  const linear = productIn(format);
  const entry = emitNorm(context, stream, {
    name: `${weights.queryKeyValue.name}.norm`,
    values: weights.attentionNorm,
  });
  const rows = emitRows(context, linear(graph, entry.normed, weights.queryKeyValue));
  const mixed = emitMixing(context, { ...rows, queries: keepQueries(rows.queries, 1) }, source.past);
  const middle = emitNorm(
    context,
    { residual: keepQueries(entry.hidden, 0), branch: linear(graph, mixed, weights.attentionOutput) },
    { name: `${weights.down.name}.norm`, values: weights.feedForwardNorm },
  );
  const branch = emitFeedForward(context, middle.normed, { weights, linear });
  return { stream: { residual: middle.hidden, branch }, keys: rows.keys, values: rows.values };
}

/** Root-mean-square norm of the sum over the last axis, times `weight`; and the sum. */
export function emitNorm(
  { graph, dimensions }: BlockContext,
  { residual, branch }: Stream,
  weight: { readonly name: string; readonly values: Float32Array },
): { readonly normed: string; readonly hidden: string } {
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
export function emitSum({ graph }: BlockContext, { residual, branch }: Stream): string {
  return branch === undefined ? residual : graph.node('Add', [residual, branch]);
}

/** New rows head by head, each [heads, rows, headSize]. */
interface Rows {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
}

/** Splits the packed product by heads; queries and keys are rotated together by their positions. */
function emitRows({ graph, dimensions, inputs }: BlockContext, packed: string): Rows {
  const { heads, headSize } = dimensions;
  const reshape = (name: string, shape: readonly number[]): string =>
    graph.node('Reshape', [name, graph.integers(shape)]);
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

/** Attention in each slot; result [queries, hidden]. */
function emitMixing(context: BlockContext, rows: Rows, past: readonly SlotPast[]): string {
  const { graph, inputs } = context;
  const { slots } = inputs;
  const bySlot = (name: string): readonly string[] =>
    slots.length === 1
      ? [name]
      : graph.nodes('Split', [name, inputs.rowSplit], slots.length, { attributes: { axis: 1 } });
  const [queries, keys, values] = [bySlot(rows.queries), bySlot(rows.keys), bySlot(rows.values)];
  const mixed = slots.map((slot, index) => {
    const own = { queries: queries[index] ?? '', keys: keys[index] ?? '', values: values[index] ?? '' };
    return emitAttention(context, own, { ...slot, past: past[index] ?? { keys: '', values: '' } });
  });
  return mixed.length === 1 ? (mixed[0] ?? '') : graph.node('Concat', mixed, { attributes: { axis: 0 } });
}

/** Softmax attention over past and new rows; result [queries, hidden]. */
function emitAttention(
  { graph, dimensions }: BlockContext,
  rows: Rows,
  { mask, attentionSplit, past: earlier }: SlotInputs & { readonly past: SlotPast },
): string {
  const { heads, hidden } = dimensions;
  const along = { attributes: { axis: 2 } };
  const score = (keys: string, perm: readonly number[]): string =>
    graph.node('MatMul', [rows.queries, transpose(graph, keys, perm)]);

  const byChunk = transpose(graph, score(earlier.keys, [0, 1, 3, 2]), [1, 2, 0, 3]);
  const past = graph.node('Reshape', [byChunk, graph.integers([heads, 0, -1])]);
  const fresh = score(rows.keys, [0, 2, 1]);
  const scores = graph.node('Add', [graph.node('Concat', [past, fresh], along), mask]);
  const chances = graph.node('Softmax', [scores], along);
  const [ofPast = '', ofFresh = ''] = graph.nodes('Split', [chances, attentionSplit], 2, along);
  const chunked = graph.node('Reshape', [ofPast, graph.integers([heads, 0, -1, CHUNK_ROWS])]);
  const mixedByChunk = graph.node('MatMul', [transpose(graph, chunked, [2, 0, 1, 3]), earlier.values]);
  const mixed = graph.node('Add', [
    graph.node('MatMul', [ofFresh, rows.values]),
    graph.node('ReduceSum', [mixedByChunk, graph.integers([0])], { attributes: { keepdims: 0 } }),
  ]);
  return graph.node('Reshape', [transpose(graph, mixed, [1, 0, 2]), graph.integers([-1, hidden])]);
}

function transpose(graph: GraphBuilder, name: string, perm: readonly number[]): string {
  return graph.node('Transpose', [name], { attributes: { perm } });
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
