// SPDX-License-Identifier: Apache-2.0
import type { FamilyFolder } from '../manifest/family-folder.ts';
import type { SegmentEntry } from '../manifest/manifest.ts';
import { readSafetensors, type StoredTensors } from '../manifest/safetensors.ts';
import { embeddingSegment, exitSegment, findExit, type TrunkSegment } from '../manifest/segments.ts';
import type { GraphCache } from './graph-cache.ts';
import { type GraphRunner, loadGraph, RUNTIME_VERSION } from './graph-runtime.ts';
import type { LinearFormat } from './linear.ts';
import { encodeOnnxModel, type GraphDefinition } from './onnx-model.ts';
import { buildExitGraph, buildTrunkGraph } from './segment-graph.ts';

/** Loads the graphs of one family in one format, building those that are not cached. */
export interface FamilyGraphs {
  /** One graph for adjoining segments, in order. */
  trunk(segments: readonly TrunkSegment[]): Promise<GraphRunner>;
  exit(depth: number): Promise<GraphRunner>;
  /** The token embedding's tensors. */
  embedding(): Promise<StoredTensors>;
}

/** Raised whenever the graphs that this code builds change. */
const BUILDER_VERSION = '1';

/** Graphs of `family` in `format`. Segments are hash-checked when a graph is built from them. */
export function createFamilyGraphs(
  { family, cache }: { readonly family: FamilyFolder; readonly cache: GraphCache },
  { format, threads }: { readonly format: LinearFormat; readonly threads: number },
): FamilyGraphs {
  const { manifest } = family;
  const { dimensions } = manifest;
  const head = embeddingSegment(manifest);
  const tensorsOf = async (segment: Pick<SegmentEntry, 'file' | 'sha256' | 'bytes'>): Promise<StoredTensors> =>
    readSafetensors(await family.read(segment), segment.file);
  const tensorsOfAll = async (segments: readonly TrunkSegment[]): Promise<StoredTensors> =>
    new Map((await Promise.all(segments.map(tensorsOf))).flatMap(tensors => [...tensors]));
  const load = async (made: readonly string[], build: () => Promise<GraphDefinition>): Promise<GraphRunner> => {
    const parts = [BUILDER_VERSION, RUNTIME_VERSION, format, JSON.stringify(dimensions), ...made];
    return loadGraph(await cache.pathOf(parts, async () => encodeOnnxModel(await build())), { threads });
  };
  const shape = { dimensions, format };
  return {
    trunk: segments =>
      load(
        segments.map(segment => segment.sha256),
        async () => buildTrunkGraph(await tensorsOfAll(segments), spanOf(segments), shape),
      ),
    exit: depth => {
      const segment = exitSegment(manifest, findExit(manifest, depth).depth) ?? head;
      return load([segment.sha256, head.sha256], async () =>
        buildExitGraph(await tensorsOf(segment), { depth, embedding: await tensorsOf(head) }, shape),
      );
    },
    embedding: () => tensorsOf(head),
  };
}

function spanOf(segments: readonly TrunkSegment[]): { readonly from: number; readonly to: number } {
  return { from: segments[0]?.from ?? 0, to: segments.at(-1)?.to ?? 0 };
}
