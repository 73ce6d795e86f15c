// SPDX-License-Identifier: Apache-2.0
import type { Dimensions } from '../manifest/manifest.ts';
import { findTensor, integerValues, readVector, type StoredTensors } from '../manifest/safetensors.ts';
import { type BlockMatrix, type FactoredMatrix, multiplyOut } from './factored-matrix.ts';
import type { LinearFormat } from './linear.ts';
import type { Extent, QuantizedMatrix } from './quantized-matrix.ts';
import { readComponents } from './read-components.ts';

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

/** Takes the dense block under `prefix` (`layers.3`) from a segment; every shape is checked. */
export function readBlockWeights(tensors: StoredTensors, prefix: string, dimensions: Dimensions): BlockWeights {
  const read = (name: string, extent: Extent): QuantizedMatrix => readMatrix(tensors, `${prefix}.${name}`, extent);
  return readBlock(tensors, { prefix, read, scaled: matrix => scaleQueries(matrix, dimensions) }, dimensions);
}

/**
 * Takes the block under `prefix` (`exits.1`) from the exit's rungs, lowest first: the components of all of them, side by
 * side. Every shape is checked.
 */
export function readExitWeights(rungs: readonly StoredTensors[], prefix: string, dimensions: Dimensions): BlockWeights {
  const first: StoredTensors = rungs[0] ?? new Map();
  const read = (name: string, extent: Extent): FactoredMatrix => readComponents(rungs, `${prefix}.${name}`, extent);
  const scaled = (matrix: FactoredMatrix): FactoredMatrix => ({
    ...matrix,
    right: scaleQueries(matrix.right, dimensions),
  });
  return readBlock(first, { prefix, read, scaled }, dimensions);
}

/**
 * The block with its components multiplied out, so that a step costs what a dense block costs. In fp32 the runtime does
 * it when it loads the graph, which keeps the file small.
 */
export async function multiplyOutBlock(block: BlockWeights, format: LinearFormat): Promise<BlockWeights> {
  const dense = async (matrix: BlockMatrix): Promise<BlockMatrix> => {
    if (!('left' in matrix)) return matrix;
    return format === 'fp32' ? { ...matrix, isMultipliedOut: true } : multiplyOut(matrix);
  };
  return {
    ...block,
    queryKeyValue: await dense(block.queryKeyValue),
    attentionOutput: await dense(block.attentionOutput),
    gateUp: await dense(block.gateUp),
    down: await dense(block.down),
  };
}

interface BlockSource<Matrix> {
  readonly prefix: string;
  readonly read: (name: string, extent: Extent) => Matrix;
  /** Folds 1/sqrt(headSize) into the queries. */
  readonly scaled: (matrix: Matrix) => Matrix;
}

function readBlock<Matrix extends BlockMatrix>(
  tensors: StoredTensors,
  { prefix, read, scaled }: BlockSource<Matrix>,
  { hidden, feedForward }: Dimensions,
): BlockWeights {
  return {
    attentionNorm: readVector(tensors, `${prefix}.attention_norm.weight`, hidden),
    queryKeyValue: scaled(read('attention.qkv', { rows: hidden, columns: 3 * hidden })),
    attentionOutput: read('attention.output', { rows: hidden, columns: hidden }),
    feedForwardNorm: readVector(tensors, `${prefix}.feed_forward_norm.weight`, hidden),
    gateUp: read('feed_forward.gate_up', { rows: hidden, columns: 2 * feedForward }),
    down: read('feed_forward.down', { rows: feedForward, columns: hidden }),
  };
}

function readMatrix(tensors: StoredTensors, name: string, { rows, columns }: Extent): QuantizedMatrix {
  const values = integerValues(findTensor(tensors, `${name}.weight`, { type: 'I8', shape: [rows, columns] }));
  return { name, values, rows, columns, scales: readVector(tensors, `${name}.scale`, columns) };
}

/** Folded into the scales because an alpha other than 1 turns off the runtime's fast path for one-row products. */
function scaleQueries(matrix: QuantizedMatrix, { hidden, headSize }: Dimensions): QuantizedMatrix {
  const factor = 1 / Math.sqrt(headSize);
  return { ...matrix, scales: matrix.scales.map((scale, column) => (column < hidden ? scale * factor : scale)) };
}
