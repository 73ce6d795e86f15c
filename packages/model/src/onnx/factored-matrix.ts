// SPDX-License-Identifier: Apache-2.0
//
// A matrix as ordered components: the sum over i of scale_i * left_i right_i, int8 vectors. Any prefix is a smaller
// matrix. It is run as two products, or multiplied out and run as one.
import type { QuantizedMatrix } from './linear.ts';

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

/** Rows between two breaths: some 10 ms of work at the sizes of a small family. */
const ROWS_A_BREATH = 32;

/**
 * The matrix that the components add up to, rounded anew to int8 with one scale a column. `breathe` is awaited every few
 * rows, so that a process which serves meanwhile can go on serving.
 */
export async function multiplyOut(matrix: FactoredMatrix, breathe: () => Promise<void>): Promise<QuantizedMatrix> {
  const { left, right, name } = matrix;
  const { rows } = left;
  const { columns } = right;
  const sums = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    addRow(sums.subarray(row * columns, (row + 1) * columns), matrix, row);
    if (row % ROWS_A_BREATH === ROWS_A_BREATH - 1) await breathe();
  }
  const steps = columnSteps(sums, columns);
  const values = Int8Array.from(sums, (sum, index) => Math.round(sum / (steps[index % columns] ?? 1)));
  await breathe();
  return { name, values, rows, columns, scales: steps.map((step, column) => step * (right.scales[column] ?? 1)) };
}

/** Adds one row of the product to `sums`; the scales of `right`'s columns are left out. */
function addRow(sums: Float32Array, { left, right }: FactoredMatrix, row: number): void {
  const { columns } = right;
  for (let component = 0; component < left.columns; component++) {
    const factor = (left.values[row * left.columns + component] ?? 0) * (left.scales[component] ?? 0);
    const start = component * columns;
    for (let column = 0; column < columns; column++) {
      sums[column] = (sums[column] ?? 0) + factor * (right.values[start + column] ?? 0);
    }
  }
}

const MOST = 127;

/** What one step of int8 is worth in each column; 1 where a column is all zeros. */
function columnSteps(values: Float32Array, columns: number): Float32Array {
  const peaks = new Float32Array(columns);
  for (let index = 0; index < values.length; index++) {
    const size = Math.abs(values[index] ?? 0);
    const column = index % columns;
    if (size > (peaks[column] ?? 0)) peaks[column] = size;
  }
  return peaks.map(peak => (peak === 0 ? 1 : peak / MOST));
}
