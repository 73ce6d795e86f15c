// SPDX-License-Identifier: Apache-2.0
//
// One transformer block as ONNX nodes: `attention.ts` and `norm.ts` have its rules (B1-B5).
import { emitAttention, emitHeads } from './attention.ts';
import type { BlockContext, SlotPast } from './block-context.ts';
import type { BlockWeights } from './block-weights.ts';
import { type EmitProduct, productIn } from './linear.ts';
import { emitNorm, type Stream } from './norm.ts';

/** The block's result and the rows it adds to the cache, each [heads, new rows, headSize]. */
export interface BlockOutputs {
  readonly stream: Stream;
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

/** Emits one pre-norm block: attention, then a SwiGLU feed-forward part. */
export function emitBlock(context: BlockContext, stream: Stream, source: BlockSource): BlockOutputs {
  const { graph, format } = context;
  const { weights, keepQueries = rows => rows } = source;
  const linear = productIn(format);
  const entry = emitNorm(context, stream, {
    name: `${weights.queryKeyValue.name}.norm`,
    values: weights.attentionNorm,
  });
  const rows = emitHeads(context, linear(graph, entry.normed, weights.queryKeyValue));
  const mixed = emitAttention(context, { ...rows, queries: keepQueries(rows.queries, 1) }, source.past);
  const middle = emitNorm(
    context,
    { residual: keepQueries(entry.hidden, 0), branch: linear(graph, mixed, weights.attentionOutput) },
    { name: `${weights.down.name}.norm`, values: weights.feedForwardNorm },
  );
  const branch = emitFeedForward(context, middle.normed, { weights, linear });
  return { stream: { residual: middle.hidden, branch }, keys: rows.keys, values: rows.values };
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
