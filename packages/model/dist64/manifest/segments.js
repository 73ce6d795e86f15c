// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { findRung, resolveExits } from './exit-choice.js';
/** Trunk segments in the order they run. */
export function trunkSegments(manifest) {
  return manifest.segments
    .flatMap(({ holds, id, file, sha256, bytes }) =>
      holds.kind === 'trunk' ? [{ id, file, sha256, bytes, from: holds.from, to: holds.to }] : [],
    )
    .sort((left, right) => left.from - right.from);
}
/** The segments with the exit's block up to `rung`, the first of which also holds its norms, in order. */
export function exitSegments(manifest, { exit, rung }) {
  const rungOf = ({ holds }) => (holds.kind === 'exit' && holds.depth === exit ? holds.rung : Number.POSITIVE_INFINITY);
  return manifest.segments
    .filter(segment => rungOf(segment) <= rung)
    .sort((left, right) => rungOf(left) - rungOf(right));
}
/** The segment with the token embedding, which is also every exit's head. A checked manifest has one. */
export function embeddingSegment(manifest) {
  const found = manifest.segments.find(({ holds }) => holds.kind === 'embedding');
  if (found === undefined) throw new AiflowError('internal', 'manifest was not checked: it has no embedding');
  return found;
}
/**
 * What a node must load to answer at `exits`: each segment once, in manifest order.
 *
 * @throws AiflowError as {@link resolveExits}.
 */
export function segmentsFor(manifest, exits) {
  const needed = new Set(resolveExits(manifest, exits).flatMap(choice => findRung(manifest, choice).segments));
  return manifest.segments.filter(segment => needed.has(segment.id));
}
//# sourceMappingURL=segments.js.map
