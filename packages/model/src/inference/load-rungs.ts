// SPDX-License-Identifier: Apache-2.0
import type { ExitRung } from '../manifest/exit-choice.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
import { trunkSegments } from '../manifest/segments.ts';
import type { FamilyGraphs } from '../onnx/family-graphs.ts';
import type { GraphRunner } from '../onnx/graph-runtime.ts';
import { createBatchGraphs } from './batch-graphs.ts';
import { createRangeFeeds } from './range-feeds.ts';
import type { Rungs } from './rungs.ts';
import { createServingRungs, type ServingRungs } from './serving-rungs.ts';
import { createStage, type Stage } from './stage.ts';
import type { StageDefinition } from './stage-run.ts';

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
export async function loadRungs(graphs: FamilyGraphs, manifest: FamilyManifest, plan: LoadPlan): Promise<LoadedRungs> {
  const { dimensions } = manifest;
  const rangeFeeds = createRangeFeeds();
  const stageOf = async (
    load: (sessions: number) => Promise<GraphRunner>,
    definition: Omit<StageDefinition, 'dimensions'>,
  ): Promise<Stage> => {
    const batches = createBatchGraphs(load, { ...definition, dimensions });
    return createStage(await load(1), { rangeFeeds, batches }, { ...definition, dimensions });
  };
  const loadTrunk = (from: number, to: number): Promise<Stage> => {
    const segments = trunkSegments(manifest).filter(segment => segment.from >= from && segment.to <= to);
    const definition = { id: `trunk-${from}-${to}`, kind: 'trunk', from, blocks: to - from } as const;
    return stageOf(sessions => graphs.trunk(segments, sessions), definition);
  };
  const loadExit = (choice: ExitRung): Promise<Stage> => {
    const definition = { id: stageId(choice), kind: 'exit', from: choice.exit, blocks: 1 } as const;
    return stageOf(sessions => graphs.exit(choice, sessions), definition);
  };
  const byExit = await loadAll(plan, { loadTrunk, loadExit });
  return { serving: createServingRungs(byExit), loadExit };
}

/** Caches and decisions are kept by this id, so that those of two rungs never meet. */
function stageId({ exit, rung }: ExitRung): string {
  return `exit-${exit}-rung-${rung}`;
}

interface Loaders {
  loadTrunk(from: number, to: number): Promise<Stage>;
  loadExit(choice: ExitRung): Promise<Stage>;
}

/** Whatever fails, what was loaded before it is released. */
async function loadAll({ exits, fromLayer }: LoadPlan, loaders: Loaders): Promise<ReadonlyMap<number, Rungs>> {
  const loaded: Stage[] = [];
  const keep = (stage: Stage): Stage => {
    loaded.push(stage);
    return stage;
  };
  const byExit = new Map<number, Rungs>();
  let trunk: readonly Stage[] = [];
  let from = fromLayer;
  try {
    for (const choice of exits) {
      const { exit: depth, rung } = choice;
      if (depth > from) trunk = [...trunk, keep(await loaders.loadTrunk(from, depth))];
      byExit.set(depth, { trunk, exit: keep(await loaders.loadExit(choice)), rung });
      from = depth;
    }
    return byExit;
  } catch (error) {
    await Promise.all(loaded.map(stage => stage.release()));
    throw error;
  }
}
