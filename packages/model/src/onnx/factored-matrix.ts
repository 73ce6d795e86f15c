// SPDX-License-Identifier: Apache-2.0
//
// A matrix as ordered components: the sum over i of scale_i * left_i right_i, int8 vectors. Any prefix is a smaller
// matrix. It is run as two products, or multiplied out and run as one.
import { createGraphBuilder } from './graph-builder.ts';
import { floatFeed, loadGraph } from './graph-runtime.ts';
import { encodeOnnxModel } from './onnx-model.ts';
import type { QuantizedMatrix } from './quantized-matrix.ts';

/** `left @ right`, as it ships. */
export interface FactoredMatrix {
  readonly name: string;
  /** [rows, components]; a column's scale is its component's. */
  readonly left: QuantizedMatrix;
  /** [components, columns], whole numbers; a column's scale is 1 but for what the block folds into it. */
  readonly right: QuantizedMatrix;
  /** Run as one product, of the matrix that the components add up to. */
  readonly isMultipliedOut: boolean;
}

/** A matrix of a block, as a graph may be given it. */
export type BlockMatrix = QuantizedMatrix | FactoredMatrix;

/** The matrix that the components add up to, rounded anew to int8 with one scale a column. */
export async function multiplyOut({ name, left, right }: FactoredMatrix): Promise<QuantizedMatrix> {
  const { rows } = left;
  const { columns } = right;
  const sums = await multiply(left, right);
  const steps = columnSteps(sums, columns);
  const values = new Int8Array(sums.length);
  for (let at = 0; at < sums.length; at += columns) {
    for (let column = 0; column < columns; column++) {
      values[at + column] = Math.round((sums[at + column] ?? 0) / (steps[column] ?? 1));
    }
  }
  return { name, values, rows, columns, scales: steps };
}

/** By the runtime: plain loops took 100 times as long, two seconds an exit of the shipped family. */
async function multiply(left: QuantizedMatrix, right: QuantizedMatrix): Promise<Float32Array> {
  const graph = createGraphBuilder('product');
  const inputs = [
    graph.input({ name: 'left', type: 'float', shape: ['rows', 'components'] }),
    graph.input({ name: 'right', type: 'float', shape: ['components', 'columns'] }),
  ];
  graph.node('MatMul', inputs, { as: 'product' });
  graph.output({ name: 'product', type: 'float', shape: ['rows', 'columns'] });
  const runner = await loadGraph(encodeOnnxModel(graph.build()), { threads: 1 });
  try {
    const feeds = {
      left: floatFeed(dequantize(left), [left.rows, left.columns]),
      right: floatFeed(dequantize(right), [right.rows, right.columns]),
    };
    return (await runner.run(feeds)).floats('product');
  } finally {
    await runner.release();
  }
}

function dequantize({ values, scales, columns }: QuantizedMatrix): Float32Array {
  const floats = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += columns) {
    for (let column = 0; column < columns; column++) {
      floats[at + column] = (values[at + column] ?? 0) * (scales[column] ?? 0);
    }
  }
  return floats;
}

const MOST = 127;

/** What one step of int8 is worth in each column; 1 where a column is all zeros. */
function columnSteps(values: Float32Array, columns: number): Float32Array {
  const peaks = new Float32Array(columns);
  for (let at = 0; at < values.length; at += columns) {
    for (let column = 0; column < columns; column++) {
      const size = Math.abs(values[at + column] ?? 0);
      if (size > (peaks[column] ?? 0)) peaks[column] = size;
    }
  }
  return peaks.map(peak => (peak === 0 ? 1 : peak / MOST));
}
