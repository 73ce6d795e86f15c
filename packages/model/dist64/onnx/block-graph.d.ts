import type { Dimensions } from '../manifest/manifest.ts';
import type { BlockWeights } from './block-weights.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { type LinearFormat } from './linear.ts';
/** What all blocks of a graph share. */
export interface BlockInputs {
  /** The position of the first new row. */
  readonly position: string;
  /** [queries, past rows and new rows]: 0 where a query sees a row, -1e9 elsewhere. */
  readonly mask: string;
  /** Number of past rows, whole chunks, and of new rows. */
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
/** What tells one block from the others. */
export interface BlockSource {
  readonly weights: BlockWeights;
  /** Feeds, each [chunks, heads, CHUNK_ROWS, headSize]. */
  readonly pastKeys: string;
  readonly pastValues: string;
  /** Keeps only the last rows, which lie along `axis`, as queries; keys and values are made for all. Default: all rows. */
  readonly keepQueries?: (rows: string, axis: number) => string;
}
/** Positions in one chunk of the cache. */
export declare const CHUNK_ROWS = 64;
/** Emits one pre-norm block: attention, then a SwiGLU feed-forward part. */
export declare function emitBlock(context: BlockContext, stream: Stream, source: BlockSource): BlockOutputs;
/** Root-mean-square norm of the sum over the last axis, times `weight`; and the sum. */
export declare function emitNorm(
  { graph, dimensions }: BlockContext,
  { residual, branch }: Stream,
  weight: {
    readonly name: string;
    readonly values: Float32Array;
  },
): {
  readonly normed: string;
  readonly hidden: string;
};
/** The sum that a stream stands for. */
export declare function emitSum({ graph }: BlockContext, { residual, branch }: Stream): string;
//# sourceMappingURL=block-graph.d.ts.map
