// SPDX-License-Identifier: Apache-2.0
//
// Norms, and sums that wait for them.
//
// B5  A block's result leaves it as two addends, since the next norm adds and norms in one node.
import type { BlockContext } from './block-context.ts';

/** Hidden states [rows, hidden] as a sum: of `residual` and, where there is one, `branch`. */
export interface Stream {
  readonly residual: string;
  readonly branch?: string;
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
