// SPDX-License-Identifier: Apache-2.0
//
// Attention as ONNX nodes. The cache stays outside ("delta KV"): a block reads views on the keys and values of earlier
// positions and hands back those of the new positions only.
//
// B1  Past keys and values come in chunks of CHUNK_ROWS positions, within a chunk head by head, so that one head's rows
//     are one run of memory. Position by position, as the rows are made, a head's rows lie a row apart: reading them
//     so took twice as long at 448 positions.
// B2  Scores against the past and against the new rows are two products. One mask hides what a query must not see: rows
//     of the last chunk that are not filled (they hold what an earlier use left), and new rows after the query.
// B3  An empty past kills the runtime's process. For one, feed one chunk, all of it masked.
// B4  Rows of several sessions share all products; attention alone is done session by session. What belongs to one
//     session is a slot.
import type { BlockContext, SlotInputs, SlotPast } from './block-context.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** Positions in one chunk of the cache. */
export const CHUNK_ROWS = 64;

/** New rows head by head, each [heads, rows, headSize]. */
export interface HeadRows {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
}

/** Splits the packed product by heads; queries and keys are rotated together by their positions. */
export function emitHeads({ graph, dimensions, inputs }: BlockContext, packed: string): HeadRows {
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
export function emitAttention(context: BlockContext, rows: HeadRows, past: readonly SlotPast[]): string {
  const { graph, inputs } = context;
  const { slots } = inputs;
  const bySlot = (name: string): readonly string[] =>
    slots.length === 1
      ? [name]
      : graph.nodes('Split', [name, inputs.rowSplit], slots.length, { attributes: { axis: 1 } });
  const [queries, keys, values] = [bySlot(rows.queries), bySlot(rows.keys), bySlot(rows.values)];
  const mixed = slots.map((slot, index) => {
    const own = { queries: queries[index] ?? '', keys: keys[index] ?? '', values: values[index] ?? '' };
    return emitSlotAttention(context, own, { ...slot, past: past[index] ?? { keys: '', values: '' } });
  });
  return mixed.length === 1 ? (mixed[0] ?? '') : graph.node('Concat', mixed, { attributes: { axis: 0 } });
}

/** Softmax attention over past and new rows; result [queries, hidden]. */
function emitSlotAttention(
  { graph, dimensions }: BlockContext,
  rows: HeadRows,
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
