// SPDX-License-Identifier: Apache-2.0
//
// Four bits a weight, as onnxruntime's MatMulNBits wants them: the rows of each column in blocks, a scale a block, two
// weights a byte. weight = (code - 8) * scale, with codes from 0 to 15. The weight of a block that is furthest from zero
// becomes code 0, whatever its sign, so that all 16 codes are used.
//
// Zero points of their own for the blocks, and cutting off a block's ends where that lessens the squared error, brought no
// token of the shipped family closer to fp32.
import type { QuantizedMatrix } from './quantized-matrix.ts';

/** A matrix in four bits. Columns lie one after the other, each in `blocks` blocks. */
export interface NibbleMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly blockRows: number;
  /** Blocks a column; the last may be part padding. */
  readonly blocks: number;
  /** [columns, blocks, blockRows / 2]: the earlier row of two in the low half. */
  readonly codes: Uint8Array;
  /** [columns, blocks] */
  readonly scales: Float32Array;
}

const ZERO = 8;
const MOST = 15;

/** Rounds a matrix to four bits in blocks of `blockRows`, an even number. */
export function quantizeBlocks(matrix: QuantizedMatrix, blockRows: number): NibbleMatrix {
  const { rows, columns } = matrix;
  const blocks = Math.ceil(rows / blockRows);
  const made: NibbleMatrix = {
    ...{ rows, columns, blockRows, blocks },
    codes: new Uint8Array((columns * blocks * blockRows) / 2),
    scales: new Float32Array(columns * blocks),
  };
  const weights = new Float32Array(blockRows * columns);
  for (let block = 0; block < blocks; block++) {
    readRows(matrix, block * blockRows, weights);
    fitScales(made, block, weights);
    writeCodes(made, block, weights);
  }
  return made;
}

/** One block of every column, row by row as they lie; 0 past the last row. */
function readRows({ values, scales, rows, columns }: QuantizedMatrix, firstRow: number, weights: Float32Array): void {
  const start = firstRow * columns;
  const held = Math.min(weights.length, (rows - firstRow) * columns);
  for (let at = 0; at < held; at += columns) {
    for (let column = 0; column < columns; column++) {
      weights[at + column] = (values[start + at + column] ?? 0) * (scales[column] ?? 0);
    }
  }
  weights.fill(0, held);
}

function fitScales({ columns, blocks, scales }: NibbleMatrix, block: number, weights: Float32Array): void {
  const furthest = new Float32Array(columns);
  for (let at = 0; at < weights.length; at += columns) {
    for (let column = 0; column < columns; column++) {
      const weight = weights[at + column] ?? 0;
      if (Math.abs(weight) > Math.abs(furthest[column] ?? 0)) furthest[column] = weight;
    }
  }
  furthest.forEach((weight, column) => {
    scales[column * blocks + block] = weight === 0 ? 1 : weight / -ZERO;
  });
}

function writeCodes(matrix: NibbleMatrix, block: number, weights: Float32Array): void {
  const { columns, blocks, blockRows, scales, codes } = matrix;
  const code = (at: number, column: number): number => {
    const rounded = Math.round((weights[at + column] ?? 0) / (scales[column * blocks + block] ?? 1)) + ZERO;
    return Math.max(0, Math.min(MOST, rounded));
  };
  for (let pair = 0; pair < blockRows / 2; pair++) {
    const at = 2 * pair * columns;
    for (let column = 0; column < columns; column++) {
      const place = ((column * blocks + block) * blockRows) / 2 + pair;
      codes[place] = code(at, column) | (code(at + columns, column) << 4);
    }
  }
}
