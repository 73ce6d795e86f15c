// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { findTensor, integerValues, readVector, type StoredTensors } from '../manifest/safetensors.ts';
import type { FactoredMatrix } from './factored-matrix.ts';
import type { Extent } from './quantized-matrix.ts';

/** Components that one rung adds: `left` [rows, count], `right` [count, columns]. */
interface Components {
  readonly count: number;
  readonly left: Int8Array;
  readonly right: Int8Array;
  readonly scales: Float32Array;
}

/**
 * The components of a matrix from the lowest rungs on, side by side.
 *
 * @throws AiflowError `data-loss` naming the tensor whose shape does not fit the others or the family.
 */
export function readComponents(rungs: readonly StoredTensors[], name: string, extent: Extent): FactoredMatrix {
  const parts = rungs.map(tensors => readPart(tensors, name, extent));
  const { rows, columns } = extent;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const left = new Int8Array(rows * count);
  const right = new Int8Array(count * columns);
  const scales = new Float32Array(count);
  let at = 0;
  for (const part of parts) {
    for (let row = 0; row < rows; row++) {
      left.set(part.left.subarray(row * part.count, (row + 1) * part.count), row * count + at);
    }
    right.set(part.right, at * columns);
    scales.set(part.scales, at);
    at += part.count;
  }
  return {
    name,
    left: { name: `${name}.left`, values: left, rows, columns: count, scales },
    right: { name: `${name}.right`, values: right, rows: count, columns, scales: new Float32Array(columns).fill(1) },
    isMultipliedOut: false,
  };
}

/** The scales say how many components there are; both sides must agree. */
function readPart(tensors: StoredTensors, name: string, { rows, columns }: Extent): Components {
  const [count = 0, ...more] = tensors.get(`${name}.scale`)?.shape ?? [];
  if (count === 0 || more.length > 0) {
    throw new AiflowError('data-loss', `tensor ${name}.scale is missing or empty, expected one scale a component`);
  }
  const integers = (side: string, shape: readonly number[]): Int8Array =>
    integerValues(findTensor(tensors, `${name}.${side}`, { type: 'I8', shape }));
  return {
    count,
    left: integers('left', [rows, count]),
    right: integers('right', [count, columns]),
    scales: readVector(tensors, `${name}.scale`, count),
  };
}
