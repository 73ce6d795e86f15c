// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '../manifest/manifest.ts';
import { findExit, trunkSegments } from '../manifest/segments.ts';
import type { FamilyGraphs } from '../onnx/family-graphs.ts';
import type { Rungs } from './ladder.ts';
import { createRangeFeeds } from './range-feeds.ts';
import { createStage, type Stage } from './stage.ts';

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
  const { dimensions } = manifest;
  const depths = [...new Set(exits)].sort((left, right) => left - right);
  for (const depth of depths) findExit(manifest, depth);
  const rangeFeeds = createRangeFeeds();
  const trunk: { readonly to: number; readonly stage: Stage }[] = [];
  for (const to of depths) {
    const from = trunk.at(-1)?.to ?? 0;
    const segments = trunkSegments(manifest).filter(segment => segment.from >= from && segment.to <= to);
    const definition = { id: `trunk-${from}-${to}`, kind: 'trunk', blocks: to - from, dimensions } as const;
    trunk.push({ to, stage: createStage(await graphs.trunk(segments), rangeFeeds, definition) });
  }
  const byExit = new Map<number, Rungs>();
  for (const depth of depths) {
    const definition = { id: `exit-${depth}`, kind: 'exit', blocks: 1, dimensions } as const;
    const exit = createStage(await graphs.exit(depth), rangeFeeds, definition);
    byExit.set(depth, { exit, trunk: trunk.filter(one => one.to <= depth).map(one => one.stage) });
  }
  const stages = [...trunk.map(one => one.stage), ...[...byExit.values()].map(rungs => rungs.exit)];
  return {
    byExit,
    release: async () => {
      for (const stage of stages) await stage.release();
    },
  };
}
