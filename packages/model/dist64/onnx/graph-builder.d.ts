import type { AttributeValue, GraphDefinition, GraphValue } from './onnx-model.ts';
/** How a node differs from the plain case of one output, no attributes, ONNX's own domain. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Take the operator from onnxruntime's own domain. */
  readonly microsoft?: boolean;
  /** Names the output; made up otherwise. */
  readonly as?: string;
}
/** Grows a graph node by node. Values are referred to by name. */
export interface GraphBuilder {
  input(value: GraphValue): string;
  output(value: GraphValue): void;
  constant(label: string, values: Float32Array | Int8Array | Uint8Array, shape: readonly number[]): string;
  /** A constant of whole numbers, as shapes and axes want them. */
  integers(values: readonly number[]): string;
  /** A single float. */
  scalar(value: number): string;
  node(operator: string, inputs: readonly string[], options?: NodeOptions): string;
  /** A node with several outputs. */
  nodes(operator: string, inputs: readonly string[], outputs: number, options?: NodeOptions): readonly string[];
  build(): GraphDefinition;
}
/** Starts an empty graph. */
export declare function createGraphBuilder(name: string): GraphBuilder;
//# sourceMappingURL=graph-builder.d.ts.map
