import { MICROSOFT_DOMAIN } from './onnx-model.js';
/** Starts an empty graph. */
export function createGraphBuilder(name) {
  const graphNodes = [];
  const initializers = new Map();
  const inputs = [];
  const outputs = [];
  let made = 0;
  const keep = initializer => {
    initializers.set(initializer.name, initializer);
    return initializer.name;
  };
  const nodes = (operator, from, count, options = {}) => {
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
function elementType(values) {
  if (values instanceof Float32Array) return 'float';
  return values instanceof Int8Array ? 'int8' : 'uint8';
}
function bytesOf(values) {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
//# sourceMappingURL=graph-builder.js.map
