// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { countParameters } from './count-parameters.js';
import { findRung } from './exit-choice.js';
import { readSafetensors } from './safetensors.js';
/**
 * Reads every segment that a rung needs, whether or not graphs built from it are cached: a damaged folder must not go
 * unnoticed until the cache is gone. Trunk segments below `fromLayer` are not needed; each of the others is read once.
 *
 * The check throws an AiflowError: `not-found` or `data-loss` for a missing or damaged file; `data-loss` naming both
 * counts where the tensors are not as many parameters as the manifest states.
 */
export function createRungCheck(family, { fromLayer }) {
  const { manifest } = family;
  const counts = new Map();
  const count = async segment => {
    const known = counts.get(segment.id);
    if (known !== undefined) return known;
    const counted = countParameters(readSafetensors(await family.read(segment), segment.file));
    counts.set(segment.id, counted);
    return counted;
  };
  const isLoaded = ({ holds }) => holds.kind !== 'trunk' || holds.from >= fromLayer;
  return async choice => {
    const { segments, parameters } = findRung(manifest, choice);
    const needed = manifest.segments.filter(segment => segments.includes(segment.id));
    let counted = 0;
    for (const segment of needed.filter(isLoaded)) counted += await count(segment);
    if (!needed.every(isLoaded) || counted === parameters) return;
    throw new AiflowError(
      'data-loss',
      `rung ${choice.rung} of exit ${choice.exit} has ${counted} parameters, the manifest states ${parameters}: copy the family folder again`,
      { details: { file: family.path, expected: String(parameters), actual: String(counted) } },
    );
  };
}
//# sourceMappingURL=check-rung-tensors.js.map
