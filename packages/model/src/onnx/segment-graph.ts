// SPDX-License-Identifier: Apache-2.0
//
// The two kinds of graph a node builds: a trunk segment (hidden states in, hidden states out) and an exit (hidden
// states in, the best tokens out). Both hand back the new cache rows as one tensor.
import type { Dimensions } from '../manifest/manifest.ts';
import { findTensor, floatValues, integerValues, type StoredTensors } from '../manifest/safetensors.ts';
import { type BlockContext, emitBlock, emitNorm } from './block-graph.ts';
import { type BlockWeights, readBlockWeights } from './block-weights.ts';
import { createGraphBuilder } from './graph-builder.ts';
import { LINEAR, type LinearFormat, type QuantizedMatrix } from './linear.ts';
import type { GraphDefinition } from './onnx-model.ts';
import { rotationTables } from './rotation.ts';

/** Names of a graph's feeds and fetches. `n` rows are new, `p` are past. */
export const FEED = {
  /** fp32 [n, hidden] */
  hidden: 'hidden',
  /** int64 [1]: position of the first new row */
  position: 'position',
  /** fp32 [queries, n]: 0 or -1e9; queries are the last rows */
  mask: 'mask',
  /** fp32 scalar: -1e9 when the past is one row of zeros that stands for none */
  pastBias: 'past_bias',
  /** int64 [2]: p and n */
  attentionSplit: 'attention_split',
  /** Exits only, int64 [1]: first row that is a query */
  firstQuery: 'first_query',
  /** Exits only, int64 [1]: how many of the best tokens to return */
  candidates: 'candidates',
} as const;

/** What a graph returns. */
export const FETCH = {
  /** Trunk only, fp32 [n, hidden] */
  hidden: 'hidden_out',
  /** fp32 [2 * layers * n, hidden]: keys then values of each block in order */
  cacheRows: 'kv_new',
  /** Exits only, fp32 [queries, candidates]: logits, best first */
  logits: 'top_logits',
  /** Exits only, int32 [queries, candidates] */
  tokens: 'top_tokens',
} as const;

/** Feed names of a block's past, fp32 [p, heads, headSize]. */
export function pastFeeds(block: number): { readonly keys: string; readonly values: string } {
  return { keys: `past_keys_${block}`, values: `past_values_${block}` };
}

/** Sizes and arithmetic of a graph to build. */
export interface GraphShape {
  readonly dimensions: Dimensions;
  readonly format: LinearFormat;
}

/** Layers `from` to `to - 1` of the trunk; `tensors` holds those of every segment in between. */
export function buildTrunkGraph(
  tensors: StoredTensors,
  { from, to }: { readonly from: number; readonly to: number },
  shape: GraphShape,
): GraphDefinition {
  const layers = Array.from({ length: to - from }, (_, index) => from + index);
  const blocks = layers.map(layer => readBlockWeights(tensors, `layers.${layer}`, shape.dimensions));
  const context = startGraph(`trunk-${from}-${to}`, shape);
  const { graph, dimensions } = context;
  const cacheRows: string[] = [];
  let hidden = graph.input({ name: FEED.hidden, type: 'float', shape: ['new', dimensions.hidden] });
  blocks.forEach((weights, block) => {
    const made = emitBlock(context, hidden, { weights, ...emitPast(context, block) });
    cacheRows.push(made.keys, made.values);
    hidden = made.hidden;
  });
  graph.node('Identity', [hidden], { as: FETCH.hidden });
  graph.output({ name: FETCH.hidden, type: 'float', shape: ['new', dimensions.hidden] });
  emitCacheRows(context, cacheRows);
  return graph.build();
}

/** What an exit is made of. */
export interface ExitWeights {
  readonly depth: number;
  readonly block: BlockWeights;
  readonly norm: Float32Array;
  /** The family's token embedding, which is the head too. */
  readonly embedding: StoredTensors;
}

/** The exit's own block and norm, the tied head, and the choice of the best tokens. */
export function buildExitGraph(exit: ExitWeights, shape: GraphShape): GraphDefinition {
  const { depth, block: weights, norm, embedding } = exit;
  const context = startGraph(`exit-${depth}`, shape);
  const { graph, dimensions, format } = context;
  const hidden = graph.input({ name: FEED.hidden, type: 'float', shape: ['new', dimensions.hidden] });
  const firstQuery = graph.input({ name: FEED.firstQuery, type: 'int64', shape: [1] });
  const keepQueries = (rows: string): string =>
    graph.node('Slice', [rows, firstQuery, graph.integers([dimensions.context]), graph.integers([0])]);
  const made = emitBlock(context, hidden, { weights, keepQueries, ...emitPast(context, 0) });
  const normed = emitNorm(context, made.hidden, norm);
  emitChoice(context, LINEAR[format](graph, normed, readHead(embedding, dimensions)));
  emitCacheRows(context, [made.keys, made.values]);
  return graph.build();
}

/** Declares what every graph takes and prepares its tables. */
function startGraph(name: string, { dimensions, format }: GraphShape): BlockContext {
  const graph = createGraphBuilder(name);
  const { cosines, sines } = rotationTables(dimensions);
  const tableShape = [dimensions.context, dimensions.headSize / 2];
  const inputs = {
    position: graph.input({ name: FEED.position, type: 'int64', shape: [1] }),
    mask: graph.input({ name: FEED.mask, type: 'float', shape: ['queries', 'new'] }),
    pastBias: graph.input({ name: FEED.pastBias, type: 'float', shape: [] }),
    attentionSplit: graph.input({ name: FEED.attentionSplit, type: 'int64', shape: [2] }),
    cosines: graph.constant('cosines', cosines, tableShape),
    sines: graph.constant('sines', sines, tableShape),
  };
  return { graph, dimensions, format, inputs };
}

function emitPast({ graph, dimensions }: BlockContext, block: number): { pastKeys: string; pastValues: string } {
  const { keys, values } = pastFeeds(block);
  const shape = ['past', dimensions.heads, dimensions.headSize];
  return {
    pastKeys: graph.input({ name: keys, type: 'float', shape }),
    pastValues: graph.input({ name: values, type: 'float', shape }),
  };
}

function emitCacheRows({ graph, dimensions }: BlockContext, rows: readonly string[]): void {
  graph.node('Concat', rows, { as: FETCH.cacheRows, attributes: { axis: 0 } });
  graph.output({ name: FETCH.cacheRows, type: 'float', shape: ['cache_rows', dimensions.hidden] });
}

/** Logits never leave the graph whole unless every token is asked for. */
function emitChoice({ graph }: BlockContext, logits: string): void {
  const count = graph.input({ name: FEED.candidates, type: 'int64', shape: [1] });
  const [values = '', indices = ''] = graph.nodes('TopK', [logits, count], 2, { attributes: { axis: -1 } });
  graph.node('Identity', [values], { as: FETCH.logits });
  graph.node('Cast', [indices], { as: FETCH.tokens, attributes: { to: 6 } });
  graph.output({ name: FETCH.logits, type: 'float', shape: ['queries', 'candidates'] });
  graph.output({ name: FETCH.tokens, type: 'int32', shape: ['queries', 'candidates'] });
}

/** The embedding [vocabulary, hidden] with a scale a row, turned into a matrix [hidden, vocabulary] with one a column. */
function readHead(embedding: StoredTensors, { vocabulary, hidden }: Dimensions): QuantizedMatrix {
  const stored = integerValues(findTensor(embedding, 'embedding.weight', { type: 'I8', shape: [vocabulary, hidden] }));
  const values = new Int8Array(stored.length);
  for (let token = 0; token < vocabulary; token++) {
    for (let column = 0; column < hidden; column++) {
      values[column * vocabulary + token] = stored[token * hidden + column] ?? 0;
    }
  }
  const scales = floatValues(findTensor(embedding, 'embedding.scale', { type: 'F32', shape: [vocabulary] }));
  return { name: 'head', values, scales, rows: hidden, columns: vocabulary };
}
