// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { checkExits } from './check-exits.js';
import { featureSpaceId } from './feature-space.js';
import { trunkSegments } from './segments.js';
/** Refuses a manifest whose parts contradict each other, naming both values. */
export function checkManifest(manifest, file) {
  for (const check of [checkDimensions, checkSegments, checkExits, checkFeatureSpaces]) {
    const problem = check(manifest);
    if (problem !== undefined) throw new AiflowError('invalid-argument', `${file}: ${problem}`, { details: { file } });
  }
}
function checkDimensions({ dimensions, tokenizer }) {
  const { heads, kvHeads, headSize, hidden, vocabulary } = dimensions;
  if (kvHeads !== heads) return `dimensions.kvHeads is ${kvHeads}, this engine needs it equal to heads ${heads}`;
  if (heads * headSize !== hidden)
    return `dimensions.hidden is ${hidden}, expected heads x headSize ${heads * headSize}`;
  if (headSize % 2 !== 0) return `dimensions.headSize is ${headSize}, expected an even number`;
  for (const [name, id] of Object.entries(tokenizer.specials)) {
    if (id >= vocabulary) return `tokenizer.specials.${name} is ${id}, expected less than vocabulary ${vocabulary}`;
  }
  return undefined;
}
function checkSegments(manifest) {
  const ids = manifest.segments.map(segment => segment.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return `segments name ${twice} twice`;
  const embeddings = manifest.segments.filter(segment => segment.holds.kind === 'embedding').length;
  if (embeddings !== 1) return `segments hold ${embeddings} embeddings, expected one`;
  let reached = 0;
  for (const { from, to, id } of trunkSegments(manifest)) {
    if (from !== reached)
      return `segment ${id} starts at layer ${from}, expected ${reached}: trunk segments must adjoin`;
    reached = to;
  }
  const { layers } = manifest.dimensions;
  return reached === layers ? undefined : `trunk segments end at layer ${reached}, expected layers ${layers}`;
}
function checkFeatureSpaces(manifest) {
  for (const { layer, id } of manifest.featureSpaces) {
    const actual = featureSpaceId(manifest, layer);
    if (actual !== id) return `feature space of layer ${layer} is ${id}, its segments hash to ${actual ?? 'nothing'}`;
  }
  const without = manifest.exits.find(exit => manifest.featureSpaces.every(space => space.layer !== exit.depth));
  return without === undefined ? undefined : `exit ${without.depth} has no feature space`;
}
//# sourceMappingURL=check-manifest.js.map
