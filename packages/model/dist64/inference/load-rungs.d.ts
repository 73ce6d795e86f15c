import type { ExitRung } from '../manifest/exit-choice.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
import type { FamilyGraphs } from '../onnx/family-graphs.ts';
import { type ServingRungs } from './serving-rungs.ts';
import { type Stage } from './stage.ts';
/** What to load. */
export interface LoadPlan {
  /** Ascending by exit. */
  readonly exits: readonly ExitRung[];
  /** Leaves out the trunk below this layer, which must lie at the end of a trunk segment. 0 leaves out nothing. */
  readonly fromLayer: number;
}
/** Stages that serve, and how to load another rung of one of their exits. */
export interface LoadedRungs {
  readonly serving: ServingRungs;
  loadExit(choice: ExitRung): Promise<Stage>;
}
/**
 * Loads what the plan needs and nothing else, one graph after the other to keep the peak of memory low. The trunk is cut
 * at the loaded exits only: each further cut costs a graph run a token.
 */
export declare function loadRungs(graphs: FamilyGraphs, manifest: FamilyManifest, plan: LoadPlan): Promise<LoadedRungs>;
//# sourceMappingURL=load-rungs.d.ts.map
