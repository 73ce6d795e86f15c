export { createGraphBuilder, type GraphBuilder, type NodeOptions } from './graph-builder.ts';
export {
  type AttributeValue,
  type ElementType,
  encodeOnnxModel,
  type GraphDefinition,
  type GraphNode,
  type GraphValue,
  type Initializer,
} from './onnx-model.ts';
//# sourceMappingURL=index.d.ts.map
