// SPDX-License-Identifier: Apache-2.0
//
// One contender with its weights: `node decode-process.js NAME FAMILY_FOLDER PEER_FOLDER`.
import { serveCommands } from '../harness/driven-process.ts';
import type { ContenderName, DecodeContender, DecodeFigures, ModelFiles } from './contenders/contender.ts';

/** What the bench asks of a contender. */
export type DecodeCommand =
  | { readonly kind: 'decode'; readonly prompt: readonly number[]; readonly count: number }
  | { readonly kind: 'step'; readonly prompt: readonly number[]; readonly sizes: readonly number[] };

const [name = '', familyFolder = '', peerFolder = ''] = process.argv.slice(2);
const contender = await openContender(name as ContenderName, { familyFolder, peerFolder });
serveCommands<DecodeCommand>(execute);

async function execute(command: DecodeCommand): Promise<DecodeFigures | readonly number[]> {
  if (command.kind === 'decode') return contender.decode(command.prompt, command.count);
  if (contender.step === undefined) throw new Error(`${name} has no step over a block`);
  return contender.step(command.prompt, command.sizes);
}

async function openContender(wanted: ContenderName, files: ModelFiles): Promise<DecodeContender> {
  switch (wanted) {
    case 'aiflow-fp32':
      return (await import('./contenders/aiflow.ts')).openAiflow('fp32', files);
    case 'aiflow-int8':
      return (await import('./contenders/aiflow.ts')).openAiflow('int8', files);
    case 'aiflow-int4':
      return (await import('./contenders/aiflow.ts')).openAiflow('int4', files);
    case 'llama-f32':
      return (await import('./contenders/llama.ts')).openLlama('f32', files);
    case 'llama-q8':
      return (await import('./contenders/llama.ts')).openLlama('q8', files);
    case 'llama-q4':
      return (await import('./contenders/llama.ts')).openLlama('q4', files);
    case 'transformers-fp32':
      return (await import('./contenders/transformers.ts')).openTransformers('fp32', files);
    case 'transformers-q8':
      return (await import('./contenders/transformers.ts')).openTransformers('q8', files);
    case 'transformers-q4':
      return (await import('./contenders/transformers.ts')).openTransformers('q4', files);
  }
}
