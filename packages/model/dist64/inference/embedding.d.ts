import type { Dimensions } from '../manifest/manifest.ts';
import { type StoredTensors } from '../manifest/safetensors.ts';
/** Turns token ids into the trunk's input. */
export interface Embedding {
  readonly vocabulary: number;
  /** Its rows are the hidden states before this layer. */
  readonly layer: number;
  /** [ids, hidden], row-major. Every id must be below the vocabulary. */
  rows(ids: readonly number[]): Float32Array;
}
/** Looks rows up in the shipped int8 table; the product with the row's scale is exact fp32. */
export declare function createEmbedding(tensors: StoredTensors, { vocabulary, hidden }: Dimensions): Embedding;
/**
 * Rows that differ by token and mean nothing, to time an engine that lacks the layers below `layer`. Their size is that
 * of a normal distribution's.
 */
export declare function createStandIn({ vocabulary, hidden }: Dimensions, layer: number): Embedding;
//# sourceMappingURL=embedding.d.ts.map
