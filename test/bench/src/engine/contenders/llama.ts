// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { importPeer } from '../../harness/peers.ts';
import { median } from '../../harness/statistics.ts';
import type { DecodeContender, ModelFiles } from './contender.ts';

/** The part of node-llama-cpp that is used here. */
interface LlamaModule {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
}

interface LlamaModel {
  createContext(options: object): Promise<{ getSequence(): LlamaSequence }>;
  dispose(): Promise<void>;
}

interface LlamaSequence {
  readonly nextTokenIndex: number;
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncIterable<number>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  eraseContextTokenRanges(ranges: readonly { readonly start: number; readonly end: number }[]): Promise<void>;
}

const STEP_REPEATS = 7;

/** node-llama-cpp with its prebuilt binary on the processor; flash attention off, which is the faster setting there. */
export async function openLlama(format: 'f32' | 'q8' | 'q4', { peerFolder }: ModelFiles): Promise<DecodeContender> {
  const { getLlama } = await importPeer<LlamaModule>('inference', 'node-llama-cpp');
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: join(peerFolder, `lone-${format}.gguf`), gpuLayers: 0 });
  const context = await model.createContext({ contextSize: 512, batchSize: 512, threads: 1, flashAttention: false });
  const sequence = context.getSequence();
  return {
    decode: async (prompt, count) => {
      await sequence.clearHistory();
      const tokens: number[] = [];
      let firstMs = 0;
      for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
        if (tokens.push(token) === 1) firstMs = performance.now();
        if (tokens.length > count) break;
      }
      return { tokens, msPerToken: (performance.now() - firstMs) / count };
    },
    step: async (prompt, sizes) => {
      await sequence.clearHistory();
      await sequence.evaluateWithoutGeneratingNewTokens(prompt);
      const start = sequence.nextTokenIndex;
      const once = async (size: number): Promise<number> => {
        const beganMs = performance.now();
        await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, size));
        const spentMs = performance.now() - beganMs;
        await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
        return spentMs;
      };
      const medians: number[] = [];
      for (const size of sizes) {
        const times: number[] = [];
        for (let repeat = 0; repeat < STEP_REPEATS; repeat++) times.push(await once(size));
        medians.push(median(times));
      }
      return medians;
    },
    [Symbol.asyncDispose]: () => model.dispose(),
  };
}
