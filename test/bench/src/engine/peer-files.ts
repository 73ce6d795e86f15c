// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoneModel } from './lone-model.ts';
import { makeDecoderGraph } from './peers/decoder-graph.ts';
import { makeLlamaGguf } from './peers/llama-gguf.ts';

/** Writes the lone model into `folder` in the forms that the peers load. */
export async function writePeerFiles(folder: string, model: LoneModel): Promise<void> {
  await writeFile(join(folder, 'lone-f32.gguf'), makeLlamaGguf(model, 'f32'));
  await writeFile(join(folder, 'lone-q8.gguf'), makeLlamaGguf(model, 'q8_0'));
  await writeFile(join(folder, 'lone-q4.gguf'), makeLlamaGguf(model, 'q4_0'));
  const transformers = join(folder, 'transformers');
  await mkdir(join(transformers, 'onnx'), { recursive: true });
  await writeFile(join(transformers, 'config.json'), JSON.stringify(describe(model)));
  await writeFile(join(transformers, 'generation_config.json'), '{}');
  await writeFile(join(transformers, 'onnx/model.onnx'), makeDecoderGraph(model, 'fp32'));
  await writeFile(join(transformers, 'onnx/model_quantized.onnx'), makeDecoderGraph(model, 'q8'));
  await writeFile(join(transformers, 'onnx/model_q4.onnx'), makeDecoderGraph(model, 'q4'));
}

/** What transformers.js reads of a model; it sizes the cache by it. */
function describe({ dimensions, blocks }: LoneModel): object {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: dimensions.hidden,
    intermediate_size: dimensions.feedForward,
    num_hidden_layers: blocks.length,
    num_attention_heads: dimensions.heads,
    num_key_value_heads: dimensions.kvHeads,
    head_dim: dimensions.headSize,
    max_position_embeddings: dimensions.context,
    vocab_size: dimensions.vocabulary,
    rms_norm_eps: dimensions.normEpsilon,
    rope_theta: dimensions.ropeTheta,
    tie_word_embeddings: true,
  };
}
