// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { createSeededRandom } from '@aiflow/time';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkspace, type Workspace } from '../../test/engines.ts';
import { type NibbleMatrix, quantizeBlocks } from './block-quantization.ts';
import { createGraphBuilder } from './graph-builder.ts';
import { floatFeed, loadGraph } from './graph-runtime.ts';
import { LINEAR } from './linear.ts';
import { encodeOnnxModel } from './onnx-model.ts';
import type { QuantizedMatrix } from './quantized-matrix.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** What the layout means, in plain words: the weight at a row and column. */
function weightAt(matrix: NibbleMatrix, row: number, column: number): number {
  const { blocks, blockRows, codes, scales } = matrix;
  const block = Math.floor(row / blockRows);
  const place = (column * blocks + block) * blockRows + (row % blockRows);
  const code = (codes[place >> 1]! >> (place % 2 === 0 ? 0 : 4)) & 15;
  return (code - 8) * scales[column * blocks + block]!;
}

function matrixOf(rows: number, columns: number, seed: number): QuantizedMatrix {
  const random = createSeededRandom(seed);
  const values = Int8Array.from({ length: rows * columns }, () => random.below(255) - 127);
  // Blocks of one sign, and a column of zeros.
  for (let row = 0; row < Math.min(rows, 32); row++) values[row * columns] = Math.abs(values[row * columns]!);
  for (let row = 0; row < rows; row++) values[row * columns + columns - 1] = 0;
  return { name: 'm', values, rows, columns, scales: Float32Array.from({ length: columns }, () => random.next() / 50) };
}

test('every weight is kept to half a step of its block, one at the far end to a whole one, whatever the sizes', () => {
  const sizes = fc.record({
    rows: fc.integer({ min: 1, max: 100 }),
    columns: fc.integer({ min: 1, max: 9 }),
    blockRows: fc.constantFrom(16, 32, 64),
    seed: fc.nat(1000),
  });
  fc.assert(
    fc.property(sizes, ({ rows, columns, blockRows, seed }) => {
      const matrix = matrixOf(rows, columns, seed);
      const made = quantizeBlocks(matrix, blockRows);
      for (let column = 0; column < columns; column++) {
        for (let row = 0; row < rows; row++) {
          const weight = matrix.values[row * columns + column]! * matrix.scales[column]!;
          const step = Math.abs(made.scales[column * made.blocks + Math.floor(row / blockRows)]!);
          // There are eight steps to one side and seven to the other: the eighth there is cut off.
          expect(Math.abs(weightAt(made, row, column) - weight)).toBeLessThanOrEqual(step * 1.0001);
          if (Math.abs(weight) < 7.49 * step) {
            expect(Math.abs(weightAt(made, row, column) - weight)).toBeLessThanOrEqual(step * 0.5001);
          }
          expect(step === 1 || step <= (127 / 8) * matrix.scales[column]! * 1.0001).toBe(true);
        }
      }
    }),
    { seed: 7 },
  );
});

test.each([
  [384, 24],
  [96, 10],
  [40, 5],
])('the graph multiplies by the weights that the layout means: %i rows, %i columns', async (rows, columns) => {
  const matrix = matrixOf(rows, columns, rows);
  const graph = createGraphBuilder('product');
  const input = graph.input({ name: 'x', type: 'float', shape: ['n', rows] });
  graph.node('Identity', [LINEAR.int4(graph, input, matrix)], { as: 'y' });
  graph.output({ name: 'y', type: 'float', shape: ['n', columns] });
  const path = workspace.path(`product-${rows}.onnx`);
  await writeFile(path, encodeOnnxModel(graph.build()));
  const runner = await loadGraph(path, { threads: 1 });
  const random = createSeededRandom(3);
  // Whole numbers that reach 127 in every block lose nothing when activations are rounded to int8.
  const values = Float32Array.from({ length: 3 * rows }, (_, at) => (at % 8 === 0 ? 127 : random.below(255) - 127));
  const product = (await runner.run({ x: floatFeed(values, [3, rows]) })).floats('y');
  const blockRows = 32;
  const meant = quantizeBlocks(matrix, blockRows);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let at = 0; at < rows; at++) sum += values[row * rows + at]! * weightAt(meant, at, column);
      expect(product[row * columns + column]).toBeCloseTo(sum, 2);
    }
  }
  await runner.release();
});
