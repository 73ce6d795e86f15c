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
/** The matrix that the components add up to, rounded anew to int8 with one scale a column. */
export declare function multiplyOut({ name, left, right }: FactoredMatrix): Promise<QuantizedMatrix>;
//# sourceMappingURL=factored-matrix.d.ts.map
