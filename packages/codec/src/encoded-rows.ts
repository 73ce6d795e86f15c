// SPDX-License-Identifier: Apache-2.0

/** How many rows of how many numbers. */
export interface RowShape {
  readonly rows: number;
  readonly width: number;
}

/** Rows as they travel. */
export interface EncodedRows {
  /** Row after row, little-endian. */
  readonly payload: Uint8Array;
  /** For `int8` one number a row, by which its bytes are multiplied; empty for the other formats. */
  readonly scales: Float32Array;
}

/** What rows without scales carry. */
export const NO_SCALES: Float32Array = new Float32Array(0);
