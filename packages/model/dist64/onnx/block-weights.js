import { findTensor, integerValues, readVector } from '../manifest/safetensors.js';
import { multiplyOut } from './factored-matrix.js';
import { readComponents } from './read-components.js';
/** Takes the dense block under `prefix` (`layers.3`) from a segment; every shape is checked. */
export function readBlockWeights(tensors, prefix, dimensions) {
  const read = (name, extent) => readMatrix(tensors, `${prefix}.${name}`, extent);
  return readBlock(tensors, { prefix, read, scaled: matrix => scaleQueries(matrix, dimensions) }, dimensions);
}
/**
 * Takes the block under `prefix` (`exits.1`) from the exit's rungs, lowest first: the components of all of them, side by
 * side. Every shape is checked.
 */
export function readExitWeights(rungs, prefix, dimensions) {
  const first = rungs[0] ?? new Map();
  // format version 1: this line goes with format-version-1.ts
  if (first.has(`${prefix}.attention.qkv.weight`)) return readBlockWeights(first, prefix, dimensions);
  const read = (name, extent) => readComponents(rungs, `${prefix}.${name}`, extent);
  const scaled = matrix => ({
    ...matrix,
    right: scaleQueries(matrix.right, dimensions),
  });
  return readBlock(first, { prefix, read, scaled }, dimensions);
}
/**
 * The block with its components multiplied out, so that a step costs what a dense block costs. In fp32 the runtime does
 * it when it loads the graph, which keeps the file small.
 */
export async function multiplyOutBlock(block, format) {
  const dense = async matrix => {
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
function readBlock(tensors, { prefix, read, scaled }, { hidden, feedForward }) {
  return {
    attentionNorm: readVector(tensors, `${prefix}.attention_norm.weight`, hidden),
    queryKeyValue: scaled(read('attention.qkv', { rows: hidden, columns: 3 * hidden })),
    attentionOutput: read('attention.output', { rows: hidden, columns: hidden }),
    feedForwardNorm: readVector(tensors, `${prefix}.feed_forward_norm.weight`, hidden),
    gateUp: read('feed_forward.gate_up', { rows: hidden, columns: 2 * feedForward }),
    down: read('feed_forward.down', { rows: feedForward, columns: hidden }),
  };
}
function readMatrix(tensors, name, { rows, columns }) {
  const values = integerValues(findTensor(tensors, `${name}.weight`, { type: 'I8', shape: [rows, columns] }));
  return { name, values, rows, columns, scales: readVector(tensors, `${name}.scale`, columns) };
}
/** Folded into the scales because an alpha other than 1 turns off the runtime's fast path for one-row products. */
function scaleQueries(matrix, { hidden, headSize }) {
  const factor = 1 / Math.sqrt(headSize);
  return { ...matrix, scales: matrix.scales.map((scale, column) => (column < hidden ? scale * factor : scale)) };
}
//# sourceMappingURL=block-weights.js.map
