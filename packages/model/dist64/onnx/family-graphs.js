// SPDX-License-Identifier: Apache-2.0
import { findExit, lastRung } from '../manifest/exit-choice.js';
import { readSafetensors, readVector } from '../manifest/safetensors.js';
import { embeddingSegment, exitSegments } from '../manifest/segments.js';
import { multiplyOutBlock, readExitWeights } from './block-weights.js';
import { loadGraph, RUNTIME_VERSION } from './graph-runtime.js';
import { encodeOnnxModel } from './onnx-model.js';
import { buildExitGraph, buildTrunkGraph } from './segment-graph.js';

/** Raised whenever the graphs that this code builds change. */
const BUILDER_VERSION = '4';
/** Graphs of `family` in `format`. Segments are hash-checked when a graph is built from them. */
export function createFamilyGraphs({ family, cache }, { format, threads }) {
  const { manifest } = family;
  const { dimensions } = manifest;
  const head = embeddingSegment(manifest);
  const tensorsOf = async segment => readSafetensors(await family.read(segment), segment.file);
  const tensorsOfAll = async segments =>
    new Map((await Promise.all(segments.map(tensorsOf))).flatMap(tensors => [...tensors]));
  const load = async (made, build) => {
    const parts = [BUILDER_VERSION, RUNTIME_VERSION, format, JSON.stringify(dimensions), ...made];
    return loadGraph(await cache.pathOf(parts, async () => encodeOnnxModel(await build())), { threads });
  };
  const shape = { dimensions, format };
  const isLast = ({ exit, rung }) => rung === lastRung(findExit(manifest, exit));
  const exitWeights = async choice => {
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
    trunk: segments =>
      load(
        segments.map(segment => segment.sha256),
        async () => buildTrunkGraph(await tensorsOfAll(segments), spanOf(segments), shape),
      ),
    exit: choice => {
      const digests = [...exitSegments(manifest, choice), head].map(segment => segment.sha256);
      const form = isLast(choice) ? 'multiplied out' : 'two products';
      return load([form, ...digests], async () => buildExitGraph(await exitWeights(choice), shape));
    },
    embedding: () => tensorsOf(head),
  };
}
function spanOf(segments) {
  return { from: segments[0]?.from ?? 0, to: segments.at(-1)?.to ?? 0 };
}
//# sourceMappingURL=family-graphs.js.map
