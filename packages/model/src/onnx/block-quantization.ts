// SPDX-License-Identifier: Apache-2.0
//
// Four bits a weight, as onnxruntime's MatMulNBits wants them: the rows of each column in blocks of BLOCK_ROWS, a scale
// and a zero point a block, two weights a byte. weight = (code - zero point) * scale, with codes from 0 to 15.
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

/** Rounds a matrix to four bits; each block spans what lies between its least and its greatest weight, zero included. */
export function quantizeBlocks(matrix: QuantizedMatrix, blockRows: number): NibbleMatrix {
  const { rows, columns } = matrix;
  const blocks = Math.ceil(rows / blockRows);
  const codes = new Uint8Array((columns * blocks * blockRows) / 2);
  const scales = new Float32Array(columns * blocks);
  const zeroBytes = Math.ceil(blocks / 2);
  const zeroPoints = new Uint8Array(columns * zeroBytes);
  const weights = new Float32Array(blockRows);
  for (let column = 0; column < columns; column++) {
    for (let block = 0; block < blocks; block++) {
      readBlock(matrix, { column, firstRow: block * blockRows }, weights);
      const range = fitRange(weights);
      const place = column * blocks + block;
      scales[place] = range.scale;
      putNibble(zeroPoints, column * zeroBytes * 2 + block, range.zeroPoint);
      for (const [index, weight] of weights.entries()) {
        putNibble(codes, place * blockRows + index, codeOf(weight, range));
      }
    }
  }
  return { rows, columns, blockRows, blocks, codes, scales, zeroPoints };
}

/** One block's weights, 0 past the last row. */
function readBlock(
  { values, scales, rows, columns }: QuantizedMatrix,
  { column, firstRow }: { readonly column: number; readonly firstRow: number },
  weights: Float32Array,
): void {
  const scale = scales[column] ?? 0;
  for (let index = 0; index < weights.length; index++) {
    const row = firstRow + index;
    weights[index] = row < rows ? (values[row * columns + column] ?? 0) * scale : 0;
  }
}

interface Range {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The whole range: cutting off its ends where that lessens the squared error brought no token closer to fp32. */
function fitRange(weights: Float32Array): Range {
  let least = 0;
  let greatest = 0;
  for (const weight of weights) {
    if (weight < least) least = weight;
    if (weight > greatest) greatest = weight;
  }
  if (least === greatest) return { scale: 1, zeroPoint: 0 };
  const scale = Math.fround((greatest - least) / MOST);
  return { scale, zeroPoint: Math.round(-least / scale) };
}

function codeOf(weight: number, { scale, zeroPoint }: Range): number {
  return Math.max(0, Math.min(MOST, Math.round(weight / scale) + zeroPoint));
}

function putNibble(bytes: Uint8Array, index: number, value: number): void {
  const at = index >> 1;
  bytes[at] = (bytes[at] ?? 0) | (index % 2 === 0 ? value : value << 4);
}
