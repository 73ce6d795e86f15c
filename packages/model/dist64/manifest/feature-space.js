// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { embeddingSegment, trunkSegments } from './segments.js';
/**
 * Names the hidden state before `layer`: the first 16 hex digits of SHA-256 over the raw SHA-256 digests of the
 * embedding segment and of the trunk segments that make up layers 0 to layer - 1. Undefined where `layer` does not lie
 * at the end of a segment.
 */
export function featureSpaceId(manifest, layer) {
  const below = trunkSegments(manifest).filter(segment => segment.to <= layer);
  if ((below.at(-1)?.to ?? 0) !== layer) return undefined;
  const hash = createHash('sha256').update(Buffer.from(embeddingSegment(manifest).sha256, 'hex'));
  for (const segment of below) hash.update(Buffer.from(segment.sha256, 'hex'));
  return hash.digest('hex').slice(0, 16);
}
//# sourceMappingURL=feature-space.js.map
