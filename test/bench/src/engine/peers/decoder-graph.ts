// SPDX-License-Identifier: Apache-2.0
//
// The lone model as exporters write decoders for transformers.js: attention is GroupQueryAttention, the whole cache
// goes in as `past_key_values.*` and comes out as `present.*`. The symbolic dimensions must be named as here:
// transformers.js sizes the first, empty past by them.
import { createGraphBuilder, encodeOnnxModel, type GraphBuilder } from '@aiflow/model/onnx';
import { type LoneBlock, type LoneModel, type ShippedMatrix, toFloats } from '../lone-model.ts';

/** `q8`: weights int8 with a scale a column, activations quantised at run time. */
export type DecoderFormat = 'fp32' | 'q8';

interface Emit {
  readonly graph: GraphBuilder;
  readonly model: LoneModel;
  readonly linear: (input: string, name: string, matrix: ShippedMatrix) => string;
  readonly cosines: string;
  readonly sines: string;
  readonly lastPosition: string;
  readonly totalLength: string;
}

/** The bytes of an ONNX file. */
export function makeDecoderGraph(model: LoneModel, format: DecoderFormat): Uint8Array {
  const graph = createGraphBuilder('decoder');
  const ids = graph.input({ name: 'input_ids', type: 'int64', shape: ['batch_size', 'sequence_length'] });
  const mask = graph.input({ name: 'attention_mask', type: 'int64', shape: ['batch_size', 'total_sequence_length'] });
  const emit: Emit = {
    ...{ graph, model, linear: format === 'fp32' ? floatLinear(graph) : integerLinear(graph) },
    ...rotationTables(graph, model),
    ...sequenceLengths(graph, mask),
  };
  const { vocabulary, hidden } = model.dimensions;
  const table = graph.constant('embedding', model.embedding, [vocabulary, hidden]);
  const first = graph.node('Gather', [table, ids], { attributes: { axis: 0 } });
  const last = model.blocks.reduce((rows, block, layer) => emitBlock(emit, rows, { block, layer }), first);
  const normed = emitNorm(emit, last, 'norm', model.norm);
  const logits = emit.linear(normed, 'head', makeHead(model));
  graph.node('Identity', [logits], { as: 'logits' });
  graph.output({ name: 'logits', type: 'float', shape: ['batch_size', 'sequence_length', vocabulary] });
  return encodeOnnxModel(graph.build());
}

/** The tied head, quantised anew with a scale a column, which are the embedding's rows. */
function makeHead({ embedding, dimensions: { vocabulary, hidden } }: LoneModel): ShippedMatrix {
  const values = new Int8Array(hidden * vocabulary);
  const scales = new Float32Array(vocabulary);
  for (let token = 0; token < vocabulary; token++) {
    const row = embedding.subarray(token * hidden, (token + 1) * hidden);
    const scale = Math.max(...row.map(Math.abs)) / 127 || 1;
    scales[token] = scale;
    row.forEach((value, index) => {
      values[index * vocabulary + token] = Math.round(value / scale);
    });
  }
  return { rows: hidden, columns: vocabulary, values, scales };
}

function emitBlock(emit: Emit, rows: string, { block, layer }: { block: LoneBlock; layer: number }): string {
  const { graph, linear } = emit;
  const name = (part: string): string => `blocks.${layer}.${part}`;
  const normed = emitNorm(emit, rows, name('attention_norm'), block.attentionNorm);
  const attended = linear(emitAttention(emit, normed, { block, layer }), name('output'), block.output);
  const residual = graph.node('Add', [rows, attended]);
  const normedAgain = emitNorm(emit, residual, name('feed_forward_norm'), block.feedForwardNorm);
  const gate = linear(normedAgain, name('gate'), block.gate);
  const up = linear(normedAgain, name('up'), block.up);
  const gated = graph.node('Mul', [graph.node('Mul', [gate, graph.node('Sigmoid', [gate])]), up]);
  return graph.node('Add', [residual, linear(gated, name('down'), block.down)]);
}

function emitAttention(emit: Emit, normed: string, { block, layer }: { block: LoneBlock; layer: number }): string {
  const { graph, linear, model } = emit;
  const { heads, kvHeads, headSize } = model.dimensions;
  const past = (side: string): string =>
    graph.input({
      name: `past_key_values.${layer}.${side}`,
      type: 'float',
      shape: ['batch_size', kvHeads, 'past_sequence_length', headSize],
    });
  const [mixed = '', keys = '', values = ''] = graph.nodes(
    'GroupQueryAttention',
    [
      linear(normed, `blocks.${layer}.query`, block.query),
      linear(normed, `blocks.${layer}.key`, block.key),
      linear(normed, `blocks.${layer}.value`, block.value),
      past('key'),
      past('value'),
      ...[emit.lastPosition, emit.totalLength, emit.cosines, emit.sines],
    ],
    3,
    {
      microsoft: true,
      attributes: { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, rotary_interleaved: 0 },
    },
  );
  for (const [side, made] of Object.entries({ key: keys, value: values })) {
    const name = graph.node('Identity', [made], { as: `present.${layer}.${side}` });
    graph.output({ name, type: 'float', shape: ['batch_size', kvHeads, 'total_sequence_length', headSize] });
  }
  return mixed;
}

function emitNorm({ graph, model }: Emit, input: string, name: string, weight: Float32Array): string {
  return graph.node('SimplifiedLayerNormalization', [input, graph.constant(name, weight, [weight.length])], {
    attributes: { axis: -1, epsilon: { float: model.dimensions.normEpsilon } },
  });
}

function floatLinear(graph: GraphBuilder): Emit['linear'] {
  return (input, name, matrix) =>
    graph.node('MatMul', [input, graph.constant(name, toFloats(matrix), [matrix.rows, matrix.columns])]);
}

function integerLinear(graph: GraphBuilder): Emit['linear'] {
  return (input, name, { rows, columns, values, scales }) => {
    const [quantized = '', scale = '', zero = ''] = graph.nodes('DynamicQuantizeLinear', [input], 3);
    const product = graph.node('MatMulInteger', [quantized, graph.constant(name, values, [rows, columns]), zero]);
    const steps = graph.node('Mul', [scale, graph.constant(`${name}.scale`, scales, [columns])]);
    return graph.node('Mul', [graph.node('Cast', [product], { attributes: { to: 1 } }), steps]);
  };
}

function sequenceLengths(graph: GraphBuilder, mask: string): Pick<Emit, 'lastPosition' | 'totalLength'> {
  const total = graph.node('ReduceSum', [mask, graph.integers([1])], { attributes: { keepdims: 1 } });
  const last = graph.node('Sub', [total, graph.integers([1])]);
  const extent = graph.node('Gather', [graph.node('Shape', [mask]), graph.integers([1])], { attributes: { axis: 0 } });
  return {
    lastPosition: graph.node('Cast', [last], { attributes: { to: 6 } }),
    totalLength: graph.node('Cast', [extent], { attributes: { to: 6 } }),
  };
}

function rotationTables(graph: GraphBuilder, { dimensions }: LoneModel): Pick<Emit, 'cosines' | 'sines'> {
  const { context, headSize, ropeTheta } = dimensions;
  const half = headSize / 2;
  const angle = (index: number): number => Math.floor(index / half) * ropeTheta ** (-(index % half) / half);
  const table = (of: (value: number) => number): Float32Array =>
    Float32Array.from({ length: context * half }, (_, index) => of(angle(index)));
  return {
    cosines: graph.constant('cosines', table(Math.cos), [context, half]),
    sines: graph.constant('sines', table(Math.sin), [context, half]),
  };
}
