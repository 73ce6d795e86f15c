// SPDX-License-Identifier: Apache-2.0
//
// The lone model as exporters write decoders for transformers.js: attention is GroupQueryAttention, the whole cache
// goes in as `past_key_values.*` and comes out as `present.*`. The symbolic dimensions must be named as here:
// transformers.js sizes the first, empty past by them.
import { createGraphBuilder, encodeOnnxModel, type GraphBuilder } from '@aiflow/model/onnx';
import { type LoneBlock, type LoneMatrix, type LoneModel, transpose } from '../lone-model.ts';
import { nibble, scaleOfNibbles } from './gguf-file.ts';

/**
 * `q8`: weights int8 with a scale a column, activations quantised at run time. `q4`: four bits a weight in blocks of 32,
 * activations int8.
 */
export type DecoderFormat = 'fp32' | 'q8' | 'q4';

interface Emit {
  readonly graph: GraphBuilder;
  readonly model: LoneModel;
  readonly linear: (input: string, name: string, matrix: LoneMatrix) => string;
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
    ...{ graph, model, linear: LINEAR[format](graph) },
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

/** The tied head. */
function makeHead({ embedding, dimensions: { vocabulary, hidden } }: LoneModel): LoneMatrix {
  return {
    rows: hidden,
    columns: vocabulary,
    values: transpose({ rows: vocabulary, columns: hidden, values: embedding }),
  };
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

type MakeLinear = (graph: GraphBuilder) => Emit['linear'];

const floatLinear: MakeLinear = graph => (input, name, matrix) =>
  graph.node('MatMul', [input, graph.constant(name, matrix.values, [matrix.rows, matrix.columns])]);

const integerLinear: MakeLinear = graph => (input, name, matrix) => {
  const { rows, columns } = matrix;
  const { integers, scales } = quantizeColumns(matrix);
  const [quantized = '', scale = '', zero = ''] = graph.nodes('DynamicQuantizeLinear', [input], 3);
  const product = graph.node('MatMulInteger', [quantized, graph.constant(name, integers, [rows, columns]), zero]);
  const steps = graph.node('Mul', [scale, graph.constant(`${name}.scale`, scales, [columns])]);
  return graph.node('Mul', [graph.node('Cast', [product], { attributes: { to: 1 } }), steps]);
};

const BLOCK_ROWS = 32;

const nibbleLinear: MakeLinear = graph => (input, name, matrix) => {
  const { rows, columns } = matrix;
  const { codes, scales } = quantizeNibbles(matrix);
  const blocks = rows / BLOCK_ROWS;
  const stored = graph.constant(name, codes, [columns, blocks, BLOCK_ROWS / 2]);
  return graph.node('MatMulNBits', [input, stored, graph.constant(`${name}.scale`, scales, [columns * blocks])], {
    microsoft: true,
    attributes: { K: rows, N: columns, bits: 4, block_size: BLOCK_ROWS, accuracy_level: 4 },
  });
};

const LINEAR: Readonly<Record<DecoderFormat, MakeLinear>> = { fp32: floatLinear, q8: integerLinear, q4: nibbleLinear };

/** Where the weights ship as int8 with a scale a column, these are the shipped numbers again. */
function quantizeColumns({ rows, columns, values }: LoneMatrix): { integers: Int8Array; scales: Float32Array } {
  const scales = new Float32Array(columns);
  for (const [index, value] of values.entries()) {
    const column = index % columns;
    scales[column] = Math.max(scales[column] ?? 0, Math.abs(value) / 127);
  }
  const integers = Int8Array.from({ length: rows * columns }, (_, index) =>
    Math.round((values[index] ?? 0) / (scales[index % columns] || 1)),
  );
  return { integers, scales };
}

/** Column by column in blocks, the earlier row of two in the low half. */
function quantizeNibbles(matrix: LoneMatrix): { codes: Uint8Array; scales: Float32Array } {
  const turned = transpose(matrix);
  const codes = new Uint8Array(turned.length / 2);
  const scales = new Float32Array(turned.length / BLOCK_ROWS);
  for (let block = 0; block < scales.length; block++) {
    const part = turned.subarray(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS);
    const scale = scaleOfNibbles(part);
    scales[block] = scale;
    for (let pair = 0; pair < BLOCK_ROWS / 2; pair++) {
      const byte = nibble(part[2 * pair] ?? 0, scale) | (nibble(part[2 * pair + 1] ?? 0, scale) << 4);
      codes[(block * BLOCK_ROWS) / 2 + pair] = byte;
    }
  }
  return { codes, scales };
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
