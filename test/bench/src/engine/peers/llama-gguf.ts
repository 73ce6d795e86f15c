// SPDX-License-Identifier: Apache-2.0
import { type LoneBlock, type LoneMatrix, type LoneModel, transpose } from '../lone-model.ts';
import { encodeGguf, type GgufFormat, type GgufTensor, type GgufValue, quantizeQ4, quantizeQ8 } from './gguf-file.ts';

/** The lone model as llama.cpp runs it, in the architecture that it calls llama. */
export function makeLlamaGguf(model: LoneModel, format: GgufFormat): Uint8Array {
  const { hidden, vocabulary } = model.dimensions;
  const tensors: GgufTensor[] = [
    matrixTensor('token_embd.weight', model.embedding, [vocabulary, hidden], format),
    vectorTensor('output_norm.weight', model.norm),
    ...model.blocks.flatMap((block, layer) => blockTensors(block, layer, model, format)),
  ];
  return encodeGguf(describe(model), tensors);
}

function describe({ dimensions, blocks, end }: LoneModel): ReadonlyMap<string, GgufValue> {
  const whole = (value: number): GgufValue => ({ type: 'uint32', value });
  const real = (value: number): GgufValue => ({ type: 'float32', value });
  const ids = Array.from({ length: dimensions.vocabulary }, (_, id) => id);
  return new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.name', { type: 'string', value: 'bench' }],
    ['llama.context_length', whole(dimensions.context)],
    ['llama.embedding_length', whole(dimensions.hidden)],
    ['llama.block_count', whole(blocks.length)],
    ['llama.feed_forward_length', whole(dimensions.feedForward)],
    ['llama.attention.head_count', whole(dimensions.heads)],
    ['llama.attention.head_count_kv', whole(dimensions.kvHeads)],
    ['llama.attention.layer_norm_rms_epsilon', real(dimensions.normEpsilon)],
    ['llama.rope.dimension_count', whole(dimensions.headSize)],
    ['llama.rope.freq_base', real(dimensions.ropeTheta)],
    ['llama.vocab_size', whole(dimensions.vocabulary)],
    // A vocabulary must be there; the bench speaks in ids only. 6 marks a byte token, 3 a control token.
    ['tokenizer.ggml.model', { type: 'string', value: 'llama' }],
    ['tokenizer.ggml.tokens', { type: 'strings', value: ids.map(nameToken) }],
    ['tokenizer.ggml.scores', { type: 'float32s', value: ids.map(id => -id) }],
    ['tokenizer.ggml.token_type', { type: 'int32s', value: ids.map(id => (id < 256 ? 6 : id === end ? 3 : 1)) }],
    ['tokenizer.ggml.bos_token_id', whole(dimensions.vocabulary - 1)],
    ['tokenizer.ggml.eos_token_id', whole(dimensions.vocabulary - 1)],
    ['tokenizer.ggml.unknown_token_id', whole(dimensions.vocabulary - 1)],
  ]);
}

function nameToken(id: number): string {
  return id < 256 ? `<0x${id.toString(16).toUpperCase().padStart(2, '0')}>` : `token${id}`;
}

function blockTensors(
  block: LoneBlock,
  layer: number,
  { dimensions }: LoneModel,
  format: GgufFormat,
): readonly GgufTensor[] {
  const name = (part: string): string => `blk.${layer}.${part}.weight`;
  const matrix = (part: string, source: LoneMatrix, rows = transpose(source)): GgufTensor =>
    matrixTensor(name(part), rows, [source.columns, source.rows], format);
  const rotated = (source: LoneMatrix): Float32Array =>
    pairRotatedRows(transpose(source), dimensions.heads, dimensions.headSize);
  return [
    vectorTensor(name('attn_norm'), block.attentionNorm),
    matrix('attn_q', block.query, rotated(block.query)),
    matrix('attn_k', block.key, rotated(block.key)),
    matrix('attn_v', block.value),
    matrix('attn_output', block.output),
    vectorTensor(name('ffn_norm'), block.feedForwardNorm),
    matrix('ffn_gate', block.gate),
    matrix('ffn_up', block.up),
    matrix('ffn_down', block.down),
  ];
}

/**
 * llama.cpp rotates neighbours (0, 1), (2, 3) …, ours are the halves (0, n/2), (1, n/2 + 1) …: within each head, row
 * `half * n/2 + pair` of ours becomes row `2 * pair + half`.
 */
export function pairRotatedRows(rows: Float32Array, heads: number, headSize: number): Float32Array {
  const width = rows.length / (heads * headSize);
  const moved = new Float32Array(rows.length);
  for (let row = 0; row < heads * headSize; row++) {
    const inHead = row % headSize;
    const half = Math.floor(inHead / (headSize / 2));
    const target = row - inHead + 2 * (inHead % (headSize / 2)) + half;
    moved.set(rows.subarray(row * width, (row + 1) * width), target * width);
  }
  return moved;
}

function vectorTensor(name: string, values: Float32Array): GgufTensor {
  return { name, shape: [values.length], format: 'f32', bytes: bytesOf(values) };
}

function matrixTensor(name: string, values: Float32Array, shape: readonly number[], format: GgufFormat): GgufTensor {
  return { name, shape, format, bytes: PACK[format](values) };
}

const PACK: Readonly<Record<GgufFormat, (values: Float32Array) => Uint8Array>> = {
  f32: bytesOf,
  q8_0: quantizeQ8,
  q4_0: quantizeQ4,
};

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
