// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import { importPeer } from '../../harness/peers.ts';
import type { DecodeContender, ModelFiles } from './contender.ts';

/** The part of transformers.js that is used here. */
interface TransformersModule {
  readonly env: { localModelPath: string; allowRemoteModels: boolean; allowLocalModels: boolean };
  readonly AutoModelForCausalLM: { from_pretrained(id: string, options: object): Promise<TransformersModel> };
  readonly Tensor: new (type: string, data: BigInt64Array, dims: readonly number[]) => object;
}

interface TransformersModel {
  generate(options: object): Promise<unknown>;
  dispose(): Promise<unknown>;
}

/** transformers.js with a graph as its exporters write it. */
export async function openTransformers(
  format: 'fp32' | 'q8' | 'q4',
  { peerFolder }: ModelFiles,
): Promise<DecodeContender> {
  const { env, AutoModelForCausalLM, Tensor } = await importPeer<TransformersModule>(
    'inference',
    '@huggingface/transformers',
  );
  Object.assign(env, { localModelPath: peerFolder, allowRemoteModels: false, allowLocalModels: true });
  const model = await AutoModelForCausalLM.from_pretrained('transformers', {
    dtype: format,
    device: 'cpu',
    local_files_only: true,
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 },
  });
  return {
    decode: async (prompt, count) => {
      const dims = [1, prompt.length];
      const stamps: number[] = [];
      const tokens: number[] = [];
      const streamer = {
        put: ([ids = []]: readonly (readonly bigint[])[]) => {
          if (ids.length !== 1) return; // the prompt
          tokens.push(Number(ids[0]));
          stamps.push(performance.now());
        },
        end: () => undefined,
      };
      await model.generate({
        inputs: new Tensor('int64', BigInt64Array.from(prompt, BigInt), dims),
        attention_mask: new Tensor('int64', new BigInt64Array(prompt.length).fill(1n), dims),
        max_new_tokens: count + 1,
        do_sample: false,
        streamer,
      });
      return { tokens, msPerToken: ((stamps.at(-1) ?? Number.NaN) - (stamps[0] ?? Number.NaN)) / count };
    },
    [Symbol.asyncDispose]: async () => void (await model.dispose()),
  };
}
