// SPDX-License-Identifier: Apache-2.0
//
// One contender with its weights: `node decode-process.js NAME FAMILY_FOLDER PEER_FOLDER`.
import { serveCommands } from '../harness/driven-process.ts';
import type { ContenderName, DecodeContender, DecodeFigures, ModelFiles } from './contenders/contender.ts';

/** What the bench asks of a contender. */
export type DecodeCommand =
  | { readonly kind: 'decode'; readonly prompt: readonly number[]; readonly count: number }
  | { readonly kind: 'verify'; readonly prompt: readonly number[]; readonly block: readonly number[] };

const [name = '', familyFolder = '', peerFolder = ''] = process.argv.slice(2);
const contender = await openContender(name as ContenderName, { familyFolder, peerFolder });
serveCommands<DecodeCommand>(execute);

async function execute(command: DecodeCommand): Promise<DecodeFigures | number> {
  if (command.kind === 'decode') return contender.decode(command.prompt, command.count);
  if (contender.verify === undefined) throw new Error(`${name} has no step over a block`);
  return contender.verify(command.prompt, command.block);
}

async function openContender(wanted: ContenderName, files: ModelFiles): Promise<DecodeContender> {
  switch (wanted) {
    case 'aiflow-fp32':
      return (await import('./contenders/aiflow.ts')).openAiflow('fp32', files);
    case 'aiflow-int8':
      return (await import('./contenders/aiflow.ts')).openAiflow('int8', files);
    case 'llama-f32':
      return (await import('./contenders/llama.ts')).openLlama('f32', files);
    case 'llama-q8':
      return (await import('./contenders/llama.ts')).openLlama('q8', files);
    case 'transformers-fp32':
      return (await import('./contenders/transformers.ts')).openTransformers('fp32', files);
    case 'transformers-q8':
      return (await import('./contenders/transformers.ts')).openTransformers('q8', files);
  }
}
