// SPDX-License-Identifier: Apache-2.0
//
// Four bits a weight, as onnxruntime's MatMulNBits wants them: the rows of each column in blocks, a scale and a zero point
// a block, two weights a byte. weight = (code - zero point) * scale, with codes from 0 to 15.
//
// Each block spans what lies between its least and its greatest weight, zero included. Cutting off the ends where that
// lessens the squared error brought no token closer to fp32.
import type { QuantizedMatrix } from './linear.ts';

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
  /** [columns, (blocks + 1) / 2]: the earlier block of two in the low half. */
  readonly zeroPoints: Uint8Array;
}

const MOST = 15;

/** Rounds a matrix to four bits in blocks of `blockRows`, an even number. */
export function quantizeBlocks(matrix: QuantizedMatrix, blockRows: number): NibbleMatrix {
  const { rows, columns } = matrix;
  const blocks = Math.ceil(rows / blockRows);
  const made: NibbleMatrix = {
    ...{ rows, columns, blockRows, blocks },
    codes: new Uint8Array((columns * blocks * blockRows) / 2),
    scales: new Float32Array(columns * blocks),
    zeroPoints: new Uint8Array(columns * Math.ceil(blocks / 2)),
  };
  const weights = new Float32Array(blockRows * columns);
  const zeros = new Uint8Array(columns);
  for (let block = 0; block < blocks; block++) {
    readRows(matrix, block * blockRows, weights);
    fitRanges(made, { block, weights, zeros });
    writeCodes(made, { block, weights, zeros });
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

interface BlockWork {
  readonly block: number;
  readonly weights: Float32Array;
  /** The block's zero points by column. */
  readonly zeros: Uint8Array;
}

function fitRanges({ columns, blocks, scales, zeroPoints }: NibbleMatrix, { block, weights, zeros }: BlockWork): void {
  const [least, greatest] = findEnds(weights, columns);
  const zeroBytes = Math.ceil(blocks / 2);
  for (let column = 0; column < columns; column++) {
    const low = least[column] ?? 0;
    const span = (greatest[column] ?? 0) - low;
    const scale = span === 0 ? 1 : Math.fround(span / MOST);
    const zero = Math.round(-low / scale);
    scales[column * blocks + block] = scale;
    zeros[column] = zero;
    const at = column * zeroBytes + (block >> 1);
    zeroPoints[at] = (zeroPoints[at] ?? 0) | (block % 2 === 0 ? zero : zero << 4);
  }
}

/** The least and the greatest weight of each column, zero included. */
function findEnds(weights: Float32Array, columns: number): readonly [Float32Array, Float32Array] {
  const least = new Float32Array(columns);
  const greatest = new Float32Array(columns);
  for (let at = 0; at < weights.length; at += columns) {
    for (let column = 0; column < columns; column++) {
      const weight = weights[at + column] ?? 0;
      least[column] = Math.min(least[column] ?? 0, weight);
      greatest[column] = Math.max(greatest[column] ?? 0, weight);
    }
  }
  return [least, greatest];
}

function writeCodes(matrix: NibbleMatrix, { block, weights, zeros }: BlockWork): void {
  const { columns, blocks, blockRows, scales, codes } = matrix;
  const code = (at: number, column: number): number => {
    const scale = scales[column * blocks + block] ?? 1;
    const rounded = Math.round((weights[at + column] ?? 0) / scale) + (zeros[column] ?? 0);
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
