import type { Dimensions } from '../manifest/manifest.ts';
import { type StoredTensors } from '../manifest/safetensors.ts';
import { type BlockWeights } from './block-weights.ts';
import { type LinearFormat } from './linear.ts';
import type { GraphDefinition } from './onnx-model.ts';
/** Names of a graph's feeds and fetches. `n` rows are new; `p` are past, filled up to whole chunks and one at least. */
export declare const FEED: {
  /** fp32 [n, hidden] */
  readonly hidden: 'hidden';
  /** int64 [1]: position of the first new row */
  readonly position: 'position';
  /** fp32 [queries, p + n]: 0 where a query sees a row, else -1e9; queries are the last rows */
  readonly mask: 'mask';
  /** int64 [2]: p and n */
  readonly attentionSplit: 'attention_split';
  /** Exits only, int64 [1]: first row that is a query */
  readonly firstQuery: 'first_query';
  /** Exits only, int64 [1]: how many of the best tokens to return */
  readonly candidates: 'candidates';
};
/** What a graph returns. */
export declare const FETCH: {
  /** Trunk only, fp32 [n, hidden] */
  readonly hidden: 'hidden_out';
  /** fp32 [2 * layers * n, hidden]: keys then values of each block in order */
  readonly cacheRows: 'kv_new';
  /** Exits only, fp32 [queries, candidates]: logits, best first */
  readonly logits: 'top_logits';
  /** Exits only, int32 [queries, candidates] */
  readonly tokens: 'top_tokens';
};
/** Feed names of a block's past, fp32 [p / CHUNK_ROWS, heads, CHUNK_ROWS, headSize]. */
export declare function pastFeeds(block: number): {
  readonly keys: string;
  readonly values: string;
};
/** Sizes and arithmetic of a graph to build. */
export interface GraphShape {
  readonly dimensions: Dimensions;
  readonly format: LinearFormat;
}
/** Layers `from` to `to - 1` of the trunk; `tensors` holds those of every segment in between. */
export declare function buildTrunkGraph(
  tensors: StoredTensors,
  {
    from,
    to,
  }: {
    readonly from: number;
    readonly to: number;
  },
  shape: GraphShape,
): GraphDefinition;
/** What an exit is made of. */
export interface ExitWeights {
  readonly depth: number;
  readonly block: BlockWeights;
  readonly norm: Float32Array;
  /** The family's token embedding, which is the head too. */
  readonly embedding: StoredTensors;
}
/** The exit's own block and norm, the tied head, and the choice of the best tokens. */
export declare function buildExitGraph(exit: ExitWeights, shape: GraphShape): GraphDefinition;
//# sourceMappingURL=segment-graph.d.ts.map
