// SPDX-License-Identifier: Apache-2.0

/** The size of a matrix. */
export interface Extent {
  readonly rows: number;
  readonly columns: number;
}

/** A matrix [rows, columns] as it ships: int8 with one fp32 scale a column. */
export interface QuantizedMatrix extends Extent {
  readonly name: string;
  readonly values: Int8Array;
  readonly scales: Float32Array;
}
