// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '../manifest/manifest.ts';
import { findExit, trunkSegments } from '../manifest/segments.ts';
import type { FamilyGraphs } from '../onnx/family-graphs.ts';
import type { GraphRunner } from '../onnx/graph-runtime.ts';
import type { Rungs } from './ladder.ts';
import { createRangeFeeds } from './range-feeds.ts';
import { createStage, type Stage, type StageDefinition } from './stage.ts';

/** The stages of some exits of a family; trunk stages are shared between them. */
export interface LoadedRungs {
  readonly byExit: ReadonlyMap<number, Rungs>;
  release(): Promise<void>;
}

/**
 * Loads what `exits` need and nothing else, one graph after the other to keep the peak of memory low. The trunk is cut
 * at the loaded exits only: each further cut costs a graph run a token.
 */
export async function loadRungs(
  graphs: FamilyGraphs,
  manifest: FamilyManifest,
  exits: readonly number[],
): Promise<LoadedRungs> {
  const depths = [...new Set(exits)].sort((left, right) => left - right);
  for (const depth of depths) findExit(manifest, depth);
  const stages: Stage[] = [];
  const release = async (): Promise<void> => {
    for (const stage of stages.splice(0)) await stage.release();
  };
  try {
    return { byExit: await loadStages(graphs, manifest, { depths, stages }), release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function loadStages(
  graphs: FamilyGraphs,
  manifest: FamilyManifest,
  { depths, stages }: { readonly depths: readonly number[]; readonly stages: Stage[] },
): Promise<ReadonlyMap<number, Rungs>> {
  const { dimensions } = manifest;
  const rangeFeeds = createRangeFeeds();
  const keep = (graph: GraphRunner, definition: Omit<StageDefinition, 'dimensions'>): Stage => {
    const stage = createStage(graph, rangeFeeds, { ...definition, dimensions });
    stages.push(stage);
    return stage;
  };
  const byExit = new Map<number, Rungs>();
  let trunk: readonly Stage[] = [];
  let from = 0;
  for (const depth of depths) {
    const segments = trunkSegments(manifest).filter(segment => segment.from >= from && segment.to <= depth);
    const span = { id: `trunk-${from}-${depth}`, kind: 'trunk', blocks: depth - from } as const;
    trunk = [...trunk, keep(await graphs.trunk(segments), span)];
    byExit.set(depth, {
      trunk,
      exit: keep(await graphs.exit(depth), { id: `exit-${depth}`, kind: 'exit', blocks: 1 }),
    });
    from = depth;
  }
  return byExit;
}
