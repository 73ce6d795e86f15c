/** Element types, by ONNX's own numbers. */
export declare const ELEMENT_TYPE: {
  readonly float: 1;
  readonly uint8: 2;
  readonly int8: 3;
  readonly int32: 6;
  readonly int64: 7;
};
/** A key of {@link ELEMENT_TYPE}. */
export type ElementType = keyof typeof ELEMENT_TYPE;
/** A tensor that enters or leaves a graph. A text dimension is symbolic. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}
/** A constant of the graph, little-endian and row-major. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}
/** Whole numbers become INT or INTS attributes, `{ float }` a FLOAT one. */
export type AttributeValue =
  | number
  | readonly number[]
  | {
      readonly float: number;
    };
/** One operation. An empty input name leaves an optional input out. */
export interface GraphNode {
  readonly operator: string;
  /** The empty domain is ONNX's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}
/** A graph ready to be encoded. */
export interface GraphDefinition {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}
/** The domain of onnxruntime's own operators. */
export declare const MICROSOFT_DOMAIN = 'com.microsoft';
/** An ONNX ModelProto. Field numbers are those of onnx.proto (onnx 1.16). */
export declare function encodeOnnxModel(graph: GraphDefinition): Uint8Array;
//# sourceMappingURL=onnx-model.d.ts.map
