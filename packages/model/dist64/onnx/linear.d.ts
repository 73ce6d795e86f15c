import type { BlockMatrix } from './factored-matrix.ts';
import type { GraphBuilder } from './graph-builder.ts';
/** A matrix [rows, columns] as it ships: int8 with one fp32 scale a column. */
export interface QuantizedMatrix {
  readonly name: string;
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly rows: number;
  readonly columns: number;
}
/** The arithmetic of matrix products in a graph. */
export type LinearFormat = 'fp32' | 'int8' | 'int4';
/** Emits `input @ matrix` for an input [n, rows] and returns the name of the result [n, columns]. */
export type EmitLinear = (graph: GraphBuilder, input: string, matrix: QuantizedMatrix) => string;
/** How each format multiplies. */
export declare const LINEAR: Readonly<Record<LinearFormat, EmitLinear>>;
/** Emits `input @ matrix` for a matrix in any form. */
export type EmitProduct = (graph: GraphBuilder, input: string, matrix: BlockMatrix) => string;
/** How a format multiplies by matrices that may be components. */
export declare function productIn(format: LinearFormat): EmitProduct;
//# sourceMappingURL=linear.d.ts.map
