import { type ExitChoice, type ExitRung } from './exit-choice.ts';
import type { BlobEntry, FamilyManifest, SegmentEntry } from './manifest.ts';
/** A trunk segment with the layers it holds: `from` to `to - 1`. */
export interface TrunkSegment extends BlobEntry {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}
/** Trunk segments in the order they run. */
export declare function trunkSegments(manifest: FamilyManifest): readonly TrunkSegment[];
/** The segments with the exit's block up to `rung`, the first of which also holds its norms, in order. */
export declare function exitSegments(manifest: FamilyManifest, { exit, rung }: ExitRung): readonly SegmentEntry[];
/** The segment with the token embedding, which is also every exit's head. A checked manifest has one. */
export declare function embeddingSegment(manifest: FamilyManifest): SegmentEntry;
/**
 * What a node must load to answer at `exits`: each segment once, in manifest order.
 *
 * @throws AiflowError as {@link resolveExits}.
 */
export declare function segmentsFor(manifest: FamilyManifest, exits: readonly ExitChoice[]): readonly SegmentEntry[];
//# sourceMappingURL=segments.d.ts.map
