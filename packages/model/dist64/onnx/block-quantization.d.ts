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
/** Rounds a matrix to four bits in blocks of `blockRows`, an even number. */
export declare function quantizeBlocks(matrix: QuantizedMatrix, blockRows: number): NibbleMatrix;
//# sourceMappingURL=block-quantization.d.ts.map
