// SPDX-License-Identifier: Apache-2.0
import { encodeProtobuf } from './protobuf-writer.js';
/** Element types, by ONNX's own numbers. */
export const ELEMENT_TYPE = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7 };
/** The domain of onnxruntime's own operators. */
export const MICROSOFT_DOMAIN = 'com.microsoft';
const IR_VERSION = 10;
const OPSET_VERSION = 21;
const ATTRIBUTE_TYPE = { float: 1, integer: 2, integers: 7 };
/** An ONNX ModelProto. Field numbers are those of onnx.proto (onnx 1.16). */
export function encodeOnnxModel(graph) {
  return encodeProtobuf(model => {
    model.integer(1, IR_VERSION);
    model.text(2, 'aiflow');
    model.message(7, writer => writeGraph(writer, graph));
    for (const [domain, version] of [
      ['', OPSET_VERSION],
      [MICROSOFT_DOMAIN, 1],
    ]) {
      model.message(8, writer => {
        writer.text(1, domain);
        writer.integer(2, version);
      });
    }
  });
}
function writeGraph(writer, graph) {
  for (const node of graph.nodes) writer.message(1, inner => writeNode(inner, node));
  writer.text(2, graph.name);
  for (const initializer of graph.initializers) writer.message(5, inner => writeInitializer(inner, initializer));
  for (const value of graph.inputs) writer.message(11, inner => writeValue(inner, value));
  for (const value of graph.outputs) writer.message(12, inner => writeValue(inner, value));
}
function writeNode(writer, node) {
  for (const name of node.inputs) writer.text(1, name);
  for (const name of node.outputs) writer.text(2, name);
  writer.text(3, node.outputs[0] ?? node.operator);
  writer.text(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.message(5, inner => writeAttribute(inner, name, value));
  }
  writer.text(7, node.domain);
}
function writeAttribute(writer, name, value) {
  writer.text(1, name);
  if (typeof value === 'number') {
    writer.integer(3, value);
    writer.integer(20, ATTRIBUTE_TYPE.integer);
  } else if ('float' in value) {
    writer.float(2, value.float);
    writer.integer(20, ATTRIBUTE_TYPE.float);
  } else {
    for (const item of value) writer.integer(8, item);
    writer.integer(20, ATTRIBUTE_TYPE.integers);
  }
}
function writeInitializer(writer, { name, type, shape, bytes }) {
  for (const extent of shape) writer.integer(1, extent);
  writer.integer(2, ELEMENT_TYPE[type]);
  writer.text(8, name);
  writer.bytes(9, bytes);
}
function writeValue(writer, { name, type, shape }) {
  writer.text(1, name);
  writer.message(2, typeProto =>
    typeProto.message(1, tensor => {
      tensor.integer(1, ELEMENT_TYPE[type]);
      tensor.message(2, dimensions => {
        for (const extent of shape) {
          dimensions.message(1, one => (typeof extent === 'number' ? one.integer(1, extent) : one.text(2, extent)));
        }
      });
    }),
  );
}
//# sourceMappingURL=onnx-model.js.map
