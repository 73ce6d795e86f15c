// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { createEmbedding } from './inference/embedding.js';
import { createRungCheck } from './manifest/check-rung-tensors.js';
import { readSafetensors, readVector } from './manifest/safetensors.js';
import { exitSegments } from './manifest/segments.js';
import { readBlockWeights, readExitWeights } from './onnx/block-weights.js';
import { openTokenizer } from './tokenizer/tokenizer.js';
/**
 * Checks every file of a family: size and hash, that each tensor has the shape the family's dimensions ask for, and that
 * they are as many parameters as the manifest states.
 *
 * @throws AiflowError the first problem: `not-found` or `data-loss` naming file, what was expected and what was found.
 */
export async function checkFamily(family) {
  const { manifest } = family;
  const checked = [];
  const bySegment = new Map();
  for (const segment of manifest.segments) {
    const tensors = readSafetensors(await family.read(segment), segment.file);
    bySegment.set(segment.id, tensors);
    checked.push({ file: segment.file, bytes: segment.bytes, tensors: tensors.size });
  }
  for (const segment of manifest.segments) checkShapes(segment, bySegment, manifest);
  const checkRung = createRungCheck(family, { fromLayer: 0 });
  for (const { depth, rungs } of manifest.exits) {
    for (const { rung } of rungs) await checkRung({ exit: depth, rung });
  }
  await openTokenizer(family);
  return [...checked, { file: manifest.tokenizer.file, bytes: manifest.tokenizer.bytes, tensors: 0 }];
}
function checkShapes(segment, bySegment, manifest) {
  const { dimensions } = manifest;
  const { holds } = segment;
  const tensors = bySegment.get(segment.id) ?? new Map();
  try {
    switch (holds.kind) {
      case 'embedding':
        createEmbedding(tensors, dimensions);
        return;
      case 'trunk':
        for (let layer = holds.from; layer < holds.to; layer++) {
          readBlockWeights(tensors, `layers.${layer}`, dimensions);
        }
        return;
      case 'exit': {
        const prefix = `exits.${holds.depth}`;
        const rungs = exitSegments(manifest, { exit: holds.depth, rung: holds.rung });
        readExitWeights(
          rungs.map(({ id }) => bySegment.get(id) ?? new Map()),
          prefix,
          dimensions,
        );
        if (holds.rung === 1) readVector(tensors, `${prefix}.norm.weight`, dimensions.hidden);
      }
    }
  } catch (error) {
    throw inFile(segment.file, error);
  }
}
function inFile(file, error) {
  const { code, message, details } = AiflowError.from(error);
  return new AiflowError(code, `${file}: ${message}: copy the family folder again`, {
    details: { ...details, file },
    cause: error,
  });
}
//# sourceMappingURL=check-family.js.map
