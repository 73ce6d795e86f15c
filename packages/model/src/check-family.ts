// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { createEmbedding } from './inference/embedding.ts';
import { createRungCheck } from './manifest/check-rung-tensors.ts';
import type { FamilyFolder } from './manifest/family-folder.ts';
import type { FamilyManifest, SegmentEntry } from './manifest/manifest.ts';
import { readSafetensors, readVector, type StoredTensors } from './manifest/safetensors.ts';
import { exitSegments } from './manifest/segments.ts';
import type * as BlockWeightsReader from './onnx/block-weights.ts';
import { openTokenizer } from './tokenizer/tokenizer.ts';

/** A file that is what its manifest says. */
export interface CheckedFile {
  readonly file: string;
  readonly bytes: number;
  /** 0 for a file that holds none, such as the tokenizer. */
  readonly tensors: number;
}

/**
 * Checks every file of a family: size and hash, that each tensor has the shape the family's dimensions ask for, and that
 * they are as many parameters as the manifest states.
 *
 * @throws AiflowError the first problem: `not-found` or `data-loss` naming file, what was expected and what was found.
 */
export async function checkFamily(family: FamilyFolder): Promise<readonly CheckedFile[]> {
  const { manifest } = family;
  const checked: CheckedFile[] = [];
  const bySegment = new Map<string, StoredTensors>();
  for (const segment of manifest.segments) {
    const tensors = readSafetensors(await family.read(segment), segment.file);
    bySegment.set(segment.id, tensors);
    checked.push({ file: segment.file, bytes: segment.bytes, tensors: tensors.size });
  }
  const reader = await import('./onnx/block-weights.ts'); // only who checks a family needs the runtime it brings
  const files: SegmentFiles = { manifest, bySegment, reader };
  for (const segment of manifest.segments) checkShapes(segment, files);
  const checkRung = createRungCheck(family, { fromLayer: 0 });
  for (const { depth, rungs } of manifest.exits) {
    for (const { rung } of rungs) await checkRung({ exit: depth, rung });
  }
  await openTokenizer(family);
  return [...checked, { file: manifest.tokenizer.file, bytes: manifest.tokenizer.bytes, tensors: 0 }];
}

interface SegmentFiles {
  readonly manifest: FamilyManifest;
  readonly bySegment: ReadonlyMap<string, StoredTensors>;
  readonly reader: Pick<typeof BlockWeightsReader, 'readBlockWeights' | 'readExitWeights'>;
}

function checkShapes(segment: SegmentEntry, { manifest, bySegment, reader }: SegmentFiles): void {
  const { dimensions } = manifest;
  const { holds } = segment;
  const tensors: StoredTensors = bySegment.get(segment.id) ?? new Map();
  try {
    switch (holds.kind) {
      case 'embedding':
        createEmbedding(tensors, dimensions);
        return;
      case 'trunk':
        for (let layer = holds.from; layer < holds.to; layer++) {
          reader.readBlockWeights(tensors, `layers.${layer}`, dimensions);
        }
        return;
      case 'exit': {
        const prefix = `exits.${holds.depth}`;
        const rungs = exitSegments(manifest, { exit: holds.depth, rung: holds.rung });
        reader.readExitWeights(
          rungs.map(({ id }): StoredTensors => bySegment.get(id) ?? new Map()),
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

function inFile(file: string, error: unknown): AiflowError {
  const { code, message, details } = AiflowError.from(error);
  return new AiflowError(code, `${file}: ${message}: copy the family folder again`, {
    details: { ...details, file },
    cause: error,
  });
}
