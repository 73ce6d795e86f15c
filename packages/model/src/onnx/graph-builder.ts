// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue, ElementType, GraphDefinition, GraphNode, GraphValue, Initializer } from './onnx-model.ts';
import { MICROSOFT_DOMAIN } from './onnx-model.ts';

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
export function createGraphBuilder(name: string): GraphBuilder {
  const graphNodes: GraphNode[] = [];
  const initializers = new Map<string, Initializer>();
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  let made = 0;

  const keep = (initializer: Initializer): string => {
    initializers.set(initializer.name, initializer);
    return initializer.name;
  };
  const nodes: GraphBuilder['nodes'] = (operator, from, count, options = {}) => {
    const first = options.as ?? `${operator}_${made++}`;
    const names = Array.from({ length: count }, (_, index) => (index === 0 ? first : `${first}.${index}`));
    const domain = options.microsoft === true ? MICROSOFT_DOMAIN : '';
    graphNodes.push({ operator, domain, inputs: from, outputs: names, attributes: options.attributes ?? {} });
    return names;
  };
  return {
    nodes,
    node: (operator, from, options) => nodes(operator, from, 1, options)[0] ?? '',
    input: value => {
      inputs.push(value);
      return value.name;
    },
    output: value => {
      outputs.push(value);
    },
    constant: (label, values, shape) => keep({ name: label, type: elementType(values), shape, bytes: bytesOf(values) }),
    integers: values =>
      keep({
        name: `integers_${values.join('_')}`,
        type: 'int64',
        shape: [values.length],
        bytes: bytesOf(BigInt64Array.from(values, BigInt)),
      }),
    scalar: value =>
      keep({ name: `scalar_${value}`, type: 'float', shape: [], bytes: bytesOf(Float32Array.of(value)) }),
    build: () => ({ name, nodes: graphNodes, initializers: [...initializers.values()], inputs, outputs }),
  };
}

function elementType(values: Float32Array | Int8Array | Uint8Array): ElementType {
  if (values instanceof Float32Array) return 'float';
  return values instanceof Int8Array ? 'int8' : 'uint8';
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
