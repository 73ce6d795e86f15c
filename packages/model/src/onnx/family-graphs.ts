// SPDX-License-Identifier: Apache-2.0
import { type ExitRung, findExit, lastRung } from '../manifest/exit-choice.ts';
import type { FamilyFolder } from '../manifest/family-folder.ts';
import type { SegmentEntry } from '../manifest/manifest.ts';
import { readSafetensors, readVector, type StoredTensors } from '../manifest/safetensors.ts';
import { embeddingSegment, exitSegments, type TrunkSegment } from '../manifest/segments.ts';
import { multiplyOutBlock, readExitWeights } from './block-weights.ts';
import type { GraphCache } from './graph-cache.ts';
import { type GraphRunner, loadGraph, RUNTIME_VERSION } from './graph-runtime.ts';
import type { LinearFormat } from './linear.ts';
import { encodeOnnxModel, type GraphDefinition } from './onnx-model.ts';
import { buildExitGraph, buildTrunkGraph, type ExitWeights } from './segment-graph.ts';

/** Loads the graphs of one family in one format, building those that are not cached. */
export interface FamilyGraphs {
  /** One graph for adjoining segments, in order, and for so many sessions a run. Default 1. */
  trunk(segments: readonly TrunkSegment[], sessions?: number): Promise<GraphRunner>;
  /** An exit's last rung is multiplied out; lower rungs run as two products. */
  exit(choice: ExitRung, sessions?: number): Promise<GraphRunner>;
  /** The token embedding's tensors. */
  embedding(): Promise<StoredTensors>;
}

/** What graphs are made from and kept in. */
export interface FamilyGraphCollaborators {
  readonly family: FamilyFolder;
  readonly cache: GraphCache;
}

/** Raised whenever the graphs that this code builds change. */
const BUILDER_VERSION = '6';

/** Graphs of `family` in `format`. Segments are hash-checked when a graph is built from them. */
export function createFamilyGraphs(
  { family, cache }: FamilyGraphCollaborators,
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
  const isLast = ({ exit, rung }: ExitRung): boolean => rung === lastRung(findExit(manifest, exit));
  const exitWeights = async (choice: ExitRung): Promise<ExitWeights> => {
    const rungs = await Promise.all(exitSegments(manifest, choice).map(tensorsOf));
    const prefix = `exits.${choice.exit}`;
    const block = readExitWeights(rungs, prefix, dimensions);
    return {
      depth: choice.exit,
      block: isLast(choice) ? await multiplyOutBlock(block, format) : block,
      norm: readVector(rungs[0] ?? new Map(), `${prefix}.norm.weight`, dimensions.hidden),
      embedding: await tensorsOf(head),
    };
  };
  return {
    trunk: (segments, sessions = 1) => {
      const digests = segments.map(segment => segment.sha256);
      const shape = { dimensions, format, sessions };
      return load([`sessions ${sessions}`, ...digests], async () =>
        buildTrunkGraph(await tensorsOfAll(segments), spanOf(segments), shape),
      );
    },
    exit: (choice, sessions = 1) => {
      const digests = [...exitSegments(manifest, choice), head].map(segment => segment.sha256);
      const form = isLast(choice) ? 'multiplied out' : 'two products';
      const shape = { dimensions, format, sessions };
      return load([form, `sessions ${sessions}`, ...digests], async () =>
        buildExitGraph(await exitWeights(choice), shape),
      );
    },
    embedding: () => tensorsOf(head),
  };
}

function spanOf(segments: readonly TrunkSegment[]): { readonly from: number; readonly to: number } {
  return { from: segments[0]?.from ?? 0, to: segments.at(-1)?.to ?? 0 };
}
