import { type ExitRung } from '../manifest/exit-choice.ts';
import type { FamilyFolder } from '../manifest/family-folder.ts';
import { type StoredTensors } from '../manifest/safetensors.ts';
import { type TrunkSegment } from '../manifest/segments.ts';
import type { GraphCache } from './graph-cache.ts';
import { type GraphRunner } from './graph-runtime.ts';
import type { LinearFormat } from './linear.ts';
/** Loads the graphs of one family in one format, building those that are not cached. */
export interface FamilyGraphs {
  /** One graph for adjoining segments, in order. */
  trunk(segments: readonly TrunkSegment[]): Promise<GraphRunner>;
  /** An exit's last rung is multiplied out; lower rungs run as two products. */
  exit(choice: ExitRung): Promise<GraphRunner>;
  /** The token embedding's tensors. */
  embedding(): Promise<StoredTensors>;
}
/** What graphs are made from and kept in. */
export interface FamilyGraphCollaborators {
  readonly family: FamilyFolder;
  readonly cache: GraphCache;
}
/** Graphs of `family` in `format`. Segments are hash-checked when a graph is built from them. */
export declare function createFamilyGraphs(
  { family, cache }: FamilyGraphCollaborators,
  {
    format,
    threads,
  }: {
    readonly format: LinearFormat;
    readonly threads: number;
  },
): FamilyGraphs;
//# sourceMappingURL=family-graphs.d.ts.map
