// SPDX-License-Identifier: Apache-2.0
import type { Dimensions } from '../manifest/manifest.ts';
import { findTensor, floatValues, integerValues, type StoredTensors } from '../manifest/safetensors.ts';

/** Turns token ids into the trunk's input. */
export interface Embedding {
  readonly vocabulary: number;
  /** [ids, hidden], row-major. Every id must be below the vocabulary. */
  rows(ids: readonly number[]): Float32Array;
}

/** Looks rows up in the shipped int8 table; the product with the row's scale is exact fp32. */
export function createEmbedding(tensors: StoredTensors, { vocabulary, hidden }: Dimensions): Embedding {
  const table = integerValues(findTensor(tensors, 'embedding.weight', { type: 'I8', shape: [vocabulary, hidden] }));
  const scales = floatValues(findTensor(tensors, 'embedding.scale', { type: 'F32', shape: [vocabulary] }));
  return {
    vocabulary,
    rows: ids => {
      const rows = new Float32Array(ids.length * hidden);
      ids.forEach((id, index) => {
        const scale = scales[id] ?? 0;
        for (let column = 0; column < hidden; column++) {
          rows[index * hidden + column] = (table[id * hidden + column] ?? 0) * scale;
        }
      });
      return rows;
    },
  };
}
