import type { Dimensions } from '../manifest/manifest.ts';
import { type StoredTensors } from '../manifest/safetensors.ts';
import { type BlockMatrix } from './factored-matrix.ts';
import type { LinearFormat } from './linear.ts';
/** The tensors of one transformer block. */
export interface BlockWeights {
  readonly attentionNorm: Float32Array;
  /** Queries, keys and values side by side. Queries carry 1/sqrt(headSize). */
  readonly queryKeyValue: BlockMatrix;
  readonly attentionOutput: BlockMatrix;
  readonly feedForwardNorm: Float32Array;
  readonly gateUp: BlockMatrix;
  readonly down: BlockMatrix;
}
/** The size of a matrix. */
export interface Extent {
  readonly rows: number;
  readonly columns: number;
}
/** Takes the dense block under `prefix` (`layers.3`) from a segment; every shape is checked. */
export declare function readBlockWeights(tensors: StoredTensors, prefix: string, dimensions: Dimensions): BlockWeights;
/**
 * Takes the block under `prefix` (`exits.1`) from the exit's rungs, lowest first: the components of all of them, side by
 * side. Every shape is checked.
 */
export declare function readExitWeights(
  rungs: readonly StoredTensors[],
  prefix: string,
  dimensions: Dimensions,
): BlockWeights;
/**
 * The block with its components multiplied out, so that a step costs what a dense block costs. In fp32 the runtime does
 * it when it loads the graph, which keeps the file small.
 */
export declare function multiplyOutBlock(block: BlockWeights, format: LinearFormat): Promise<BlockWeights>;
//# sourceMappingURL=block-weights.d.ts.map
