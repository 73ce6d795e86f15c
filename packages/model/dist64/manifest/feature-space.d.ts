import type { FamilyManifest } from './manifest.ts';
/**
 * Names the hidden state before `layer`: the first 16 hex digits of SHA-256 over the raw SHA-256 digests of the
 * embedding segment and of the trunk segments that make up layers 0 to layer - 1. Undefined where `layer` does not lie
 * at the end of a segment.
 */
export declare function featureSpaceId(manifest: FamilyManifest, layer: number): string | undefined;
//# sourceMappingURL=feature-space.d.ts.map
