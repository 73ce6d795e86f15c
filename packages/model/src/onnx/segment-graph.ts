// SPDX-License-Identifier: Apache-2.0
//
// The two kinds of graph a node builds: a trunk segment (hidden states in, hidden states out) and an exit (hidden
// states in, the best tokens out). Both hand back the new cache rows as one tensor.
import type { Dimensions } from '../manifest/manifest.ts';
import { findTensor, floatValues, integerValues, type StoredTensors } from '../manifest/safetensors.ts';
import { CHUNK_ROWS } from './attention.ts';
import type { BlockContext, SlotInputs, SlotPast } from './block-context.ts';
import { emitBlock } from './block-graph.ts';
import { type BlockWeights, readBlockWeights } from './block-weights.ts';
import { createGraphBuilder, type GraphBuilder } from './graph-builder.ts';
import { LINEAR, type LinearFormat } from './linear.ts';
import { emitNorm, emitSum, type Stream } from './norm.ts';
import type { GraphDefinition } from './onnx-model.ts';
import type { QuantizedMatrix } from './quantized-matrix.ts';
import { rotationTables } from './rotation.ts';

/** Names of a graph's feeds and fetches. `n` rows are new; `p` are past, filled up to whole chunks and one at least. */
export const FEED = {
  /** fp32 [n, hidden] */
  hidden: 'hidden',
  /** int64 [1]: position of the first new row; for several sessions [1, n]: each row's position */
  position: 'position',
  /** Several sessions only, int64 [sessions]: new rows of each */
  rowSplit: 'row_split',
  /** Exits for one session only, int64 [1]: first row that is a query */
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

/** Names of the feeds of one session among those that share the graph. */
export interface SlotFeeds {
  /** fp32 [queries, p + n]: 0 where a query sees a row, else -1e9; queries are the last rows */
  readonly mask: string;
  /** int64 [2]: p and n */
  readonly attentionSplit: string;
  /** A block's past, fp32 [p / CHUNK_ROWS, heads, CHUNK_ROWS, headSize] */
  past(block: number): { readonly keys: string; readonly values: string };
}

/** The feeds of the session in `slot`. */
export function slotFeeds(slot: number): SlotFeeds {
  return {
    mask: `mask_${slot}`,
    attentionSplit: `attention_split_${slot}`,
    past: block => ({ keys: `past_keys_${block}_${slot}`, values: `past_values_${block}_${slot}` }),
  };
}

/** Sizes and arithmetic of a graph to build. */
export interface GraphShape {
  readonly dimensions: Dimensions;
  readonly format: LinearFormat;
  /** Sessions whose rows share a run. */
  readonly sessions: number;
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
  let stream: Stream = {
    residual: graph.input({ name: FEED.hidden, type: 'float', shape: ['new', dimensions.hidden] }),
  };
  blocks.forEach((weights, block) => {
    const made = emitBlock(context, stream, { weights, past: emitPast(context, block) });
    cacheRows.push(made.keys, made.values);
    stream = made.stream;
  });
  graph.node('Identity', [emitSum(context, stream)], { as: FETCH.hidden });
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
  const made = emitBlock(
    context,
    { residual: hidden },
    { weights, past: emitPast(context, 0), ...(shape.sessions === 1 ? { keepQueries: emitKeepQueries(context) } : {}) },
  );
  const { normed } = emitNorm(context, made.stream, { name: 'norm', values: norm });
  emitChoice(context, LINEAR[format](graph, normed, readHead(embedding, dimensions)));
  emitCacheRows(context, [made.keys, made.values]);
  return graph.build();
}

/** Several sessions share a run once their prompts are computed: then every row is a query. */
function emitKeepQueries({ graph, dimensions }: BlockContext): (rows: string, axis: number) => string {
  const firstQuery = graph.input({ name: FEED.firstQuery, type: 'int64', shape: [1] });
  return (rows, axis) =>
    graph.node('Slice', [rows, firstQuery, graph.integers([dimensions.context]), graph.integers([axis])]);
}

/** Declares what every graph takes and prepares its tables. */
function startGraph(name: string, { dimensions, format, sessions }: GraphShape): BlockContext {
  const graph = createGraphBuilder(name);
  const { cosines, sines } = rotationTables(dimensions);
  const tableShape = [dimensions.context, dimensions.headSize / 2];
  const inputs = {
    position: graph.input({ name: FEED.position, type: 'int64', shape: sessions === 1 ? [1] : [1, 'new'] }),
    slots: Array.from({ length: sessions }, (_, slot) => emitSlot(graph, slot)),
    rowSplit: sessions === 1 ? '' : graph.input({ name: FEED.rowSplit, type: 'int64', shape: [sessions] }),
    cosines: graph.constant('cosines', cosines, tableShape),
    sines: graph.constant('sines', sines, tableShape),
  };
  return { graph, dimensions, format, inputs };
}

function emitSlot(graph: GraphBuilder, slot: number): SlotInputs {
  const { mask, attentionSplit } = slotFeeds(slot);
  return {
    mask: graph.input({ name: mask, type: 'float', shape: [`queries_${slot}`, `past_and_new_${slot}`] }),
    attentionSplit: graph.input({ name: attentionSplit, type: 'int64', shape: [2] }),
  };
}

function emitPast({ graph, dimensions, inputs }: BlockContext, block: number): readonly SlotPast[] {
  return inputs.slots.map((_, slot) => {
    const { keys, values } = slotFeeds(slot).past(block);
    const shape = [`chunks_${slot}`, dimensions.heads, CHUNK_ROWS, dimensions.headSize];
    return {
      keys: graph.input({ name: keys, type: 'float', shape }),
      values: graph.input({ name: values, type: 'float', shape }),
    };
  });
}

/** Position by position, as rows travel and are stored outside of a graph's cache. */
function emitCacheRows({ graph, dimensions }: BlockContext, rows: readonly string[]): void {
  const { heads, headSize, hidden } = dimensions;
  const byHead = graph.node('Concat', rows, { attributes: { axis: 0 } });
  const parts = graph.node('Reshape', [byHead, graph.integers([rows.length, heads, -1, headSize])]);
  const byPosition = graph.node('Transpose', [parts], { attributes: { perm: [0, 2, 1, 3] } });
  graph.node('Reshape', [byPosition, graph.integers([-1, hidden])], { as: FETCH.cacheRows });
  graph.output({ name: FETCH.cacheRows, type: 'float', shape: ['cache_rows', hidden] });
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
