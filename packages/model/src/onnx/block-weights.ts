// SPDX-License-Identifier: Apache-2.0
import type { Dimensions } from '../manifest/manifest.ts';
import { findTensor, floatValues, integerValues, type StoredTensors } from '../manifest/safetensors.ts';
import type { QuantizedMatrix } from './linear.ts';

/** The tensors of one transformer block. */
export interface BlockWeights {
  readonly attentionNorm: Float32Array;
  /** Queries, keys and values side by side. Queries carry 1/sqrt(headSize). */
  readonly queryKeyValue: QuantizedMatrix;
  readonly attentionOutput: QuantizedMatrix;
  readonly feedForwardNorm: Float32Array;
  readonly gateUp: QuantizedMatrix;
  readonly down: QuantizedMatrix;
}

/** Takes the block under `prefix` (`layers.3`, `exits.1`) from a segment; every shape is checked. */
export function readBlockWeights(tensors: StoredTensors, prefix: string, dimensions: Dimensions): BlockWeights {
  const { hidden, feedForward } = dimensions;
  const matrix = (name: string, rows: number, columns: number): QuantizedMatrix =>
    readMatrix(tensors, `${prefix}.${name}`, { rows, columns });
  return {
    attentionNorm: readVector(tensors, `${prefix}.attention_norm.weight`, hidden),
    queryKeyValue: scaleQueries(matrix('attention.qkv', hidden, 3 * hidden), dimensions),
    attentionOutput: matrix('attention.output', hidden, hidden),
    feedForwardNorm: readVector(tensors, `${prefix}.feed_forward_norm.weight`, hidden),
    gateUp: matrix('feed_forward.gate_up', hidden, 2 * feedForward),
    down: matrix('feed_forward.down', feedForward, hidden),
  };
}

/** A vector of fp32 weights. */
export function readVector(tensors: StoredTensors, name: string, length: number): Float32Array {
  return floatValues(findTensor(tensors, name, { type: 'F32', shape: [length] }));
}

function readMatrix(
  tensors: StoredTensors,
  name: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): QuantizedMatrix {
  const values = integerValues(findTensor(tensors, `${name}.weight`, { type: 'I8', shape: [rows, columns] }));
  return { name, values, rows, columns, scales: readVector(tensors, `${name}.scale`, columns) };
}

/** Folded into the scales because an alpha other than 1 turns off the runtime's fast path for one-row products. */
function scaleQueries(matrix: QuantizedMatrix, { hidden, headSize }: Dimensions): QuantizedMatrix {
  const factor = 1 / Math.sqrt(headSize);
  return { ...matrix, scales: matrix.scales.map((scale, column) => (column < hidden ? scale * factor : scale)) };
}
