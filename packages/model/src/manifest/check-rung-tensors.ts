// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { countParameters } from './count-parameters.ts';
import { type ExitRung, findRung } from './exit-choice.ts';
import type { FamilyFolder } from './family-folder.ts';
import type { SegmentEntry } from './manifest.ts';
import { readSafetensors, type StoredTensors } from './safetensors.ts';

/**
 * Reads every segment that a rung needs, whether or not graphs built from it are cached: a damaged folder must not go
 * unnoticed until the cache is gone. Trunk segments below `fromLayer` are not needed.
 *
 * @throws AiflowError `not-found` or `data-loss` for a missing or damaged file; `data-loss` naming both counts where the
 * tensors are not as many parameters as the manifest states.
 */
export async function checkRungTensors(family: FamilyFolder, choice: ExitRung, fromLayer: number): Promise<void> {
  const { manifest } = family;
  const { segments, parameters } = findRung(manifest, choice);
  const needed = manifest.segments.filter(segment => segments.includes(segment.id));
  const isLoaded = ({ holds }: SegmentEntry): boolean => holds.kind !== 'trunk' || holds.from >= fromLayer;
  const tensors: StoredTensors[] = [];
  for (const segment of needed.filter(isLoaded)) {
    tensors.push(readSafetensors(await family.read(segment), segment.file));
  }
  const counted = countParameters(tensors);
  if (tensors.length < needed.length || counted === parameters) return;
  throw new AiflowError(
    'data-loss',
    `rung ${choice.rung} of exit ${choice.exit} has ${counted} parameters, the manifest states ${parameters}: copy the family folder again`,
    { details: { file: family.path, expected: String(parameters), actual: String(counted) } },
  );
}
