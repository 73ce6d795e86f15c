// SPDX-License-Identifier: Apache-2.0
//
// A session's states before a layer, handed over and taken in.
//
// T1  Reading computes the trunk up to the layer where it must, never an exit.
// T2  Taking checks everything before it changes anything.
// T3  Rows taken replace those held from the same position on, and what was computed from those is forgotten.
// T4  What a session says after it took rows is what one process would say in which these rows had been put at the
//     same place of the feature log: rounding on the wire is part of the session from then on.
// T5  `canonicalRows` ends at the first row that was computed in a block of the answer, or rests on a row whose sender
//     said so. It does not see rounding: a run by itself with the same rounding would have had these bits.
import { AiflowError } from '@aiflow/protocol';
import type { Dimensions } from '../manifest/manifest.ts';
import type { ReadStateRequest, RelayState } from '../requests/relay-request.ts';
import { lacksFeatures } from './lacks-features.ts';
import { advanceTrunk, fillCaches } from './ladder.ts';
import type { LadderContext } from './ladder-context.ts';
import { startOfBlock } from './prefill-blocks.ts';
import type { Stage } from './stage.ts';

/** What handing over needs beside a session. One of the context's stages begins at the state's layer. */
export interface RelayContext extends LadderContext {
  readonly dimensions: Dimensions;
}

/** Computes and copies the states asked for; base and given tokens must have been put in place. */
export async function readState(
  context: RelayContext,
  { layer, from, includeCache }: Pick<ReadStateRequest, 'layer' | 'from' | 'includeCache'>,
): Promise<RelayState> {
  const { session, dimensions } = context;
  const to = session.length;
  checkFrom(context, from);
  if (includeCache) checkLowerLayers(context, layer);
  await advanceTrunk(context, layer, { rows: to });
  const log = session.logOf(layer);
  const rows = to - from;
  const size = rows * dimensions.hidden;
  const hidden = log.view(from, to).slice();
  const canonicalRows = (upTo: number): number => Math.max(0, Math.min(rows, upTo - from));
  if (!includeCache) {
    return { layer, from, rows, canonicalRows: canonicalRows(Math.min(log.canonical, session.trusted)), hidden };
  }
  await fillCaches(context, layer, to);
  const cache = new Float32Array(2 * layer * size);
  for (const stage of below(context, layer)) session.cacheOf(stage).copyTo(cache, 2 * stage.from * size, { from, to });
  const canonical = below(context, layer).map(stage => session.cacheOf(stage).canonical);
  const upTo = Math.min(log.canonical, session.trusted, ...canonical);
  return { layer, from, rows, canonicalRows: canonicalRows(upTo), hidden, cache };
}

/** Takes states in (T2, T3). */
export function writeState(context: RelayContext, state: RelayState): void {
  const { session, dimensions } = context;
  const { layer, from, rows, canonicalRows, hidden, cache } = state;
  checkShape(state, dimensions);
  checkPlace(context, state);
  if (cache !== undefined) checkCachePlace(context, state);
  checkFinite('hidden', hidden, { from, rows, width: dimensions.hidden });
  if (cache !== undefined) checkFinite('cache', cache, { from, rows, width: dimensions.hidden });

  session.logOf(layer).receive(from, hidden);
  session.supersede(layer, startOfBlock(session, from));
  if (canonicalRows < rows) session.distrust(from + canonicalRows);
  if (cache === undefined) return;
  const size = rows * dimensions.hidden;
  for (const stage of below(context, layer)) {
    const held = session.cacheOf(stage);
    held.crop(from);
    const start = 2 * stage.from * size;
    held.append({ count: rows, keysAndValues: cache.subarray(start, start + 2 * stage.blocks * size) }, true);
  }
}

function below({ rungs }: RelayContext, layer: number): readonly Stage[] {
  return rungs.trunk.filter(stage => stage.from < layer);
}

function checkFrom({ session }: RelayContext, from: number): void {
  if (!Number.isSafeInteger(from) || from < 0) throw invalid(`from is ${from}, expected a position`);
  if (from >= session.length) {
    throw new AiflowError('out-of-range', `from is ${from}, session ${session.id} holds ${session.length} tokens`);
  }
}

function checkLowerLayers(context: RelayContext, layer: number): void {
  const first = context.rungs.trunk[0]?.from ?? layer;
  if (first === 0) return;
  throw new AiflowError(
    'failed-precondition',
    `keys and values of layers 0 to ${layer - 1} were asked for, this engine holds the trunk from layer ${first} on`,
    { details: { layer: String(layer), fromLayer: String(first) } },
  );
}

function checkShape({ from, rows, canonicalRows, hidden, cache, layer }: RelayState, dimensions: Dimensions): void {
  if (!Number.isSafeInteger(from) || from < 0) throw invalid(`from is ${from}, expected a position`);
  if (!Number.isSafeInteger(rows) || rows < 1) throw invalid(`rows is ${rows}, expected 1 or more`);
  if (!Number.isSafeInteger(canonicalRows) || canonicalRows < 0 || canonicalRows > rows)
    throw invalid(`canonicalRows is ${canonicalRows}, expected 0 to ${rows}`);
  const size = rows * dimensions.hidden;
  if (!(hidden instanceof Float32Array) || hidden.length !== size)
    throw invalid(`hidden holds ${hidden?.length} values, ${rows} rows of ${dimensions.hidden} are ${size}`);
  if (cache === undefined) return;
  if (!(cache instanceof Float32Array) || cache.length !== 2 * layer * size)
    throw invalid(
      `cache holds ${cache?.length} values, keys and values of ${layer} layers of ${rows} rows of ` +
        `${dimensions.hidden} are ${2 * layer * size}`,
    );
}

function checkPlace({ session }: RelayContext, { layer, from, rows }: RelayState): void {
  const held = session.logOf(layer).length;
  if (from > held) throw lacksFeatures(session.id, layer, { from: held, to: from });
  if (from + rows > session.length) {
    throw new AiflowError(
      'failed-precondition',
      `states of positions ${from} to ${from + rows - 1} came for session ${session.id}, which holds ` +
        `${session.length} tokens: give it the tokens first`,
    );
  }
}

function checkCachePlace(context: RelayContext, { layer, from }: RelayState): void {
  checkLowerLayers(context, layer);
  for (const stage of below(context, layer)) {
    const { length } = context.session.cacheOf(stage);
    if (length >= from) continue;
    throw new AiflowError(
      'failed-precondition',
      `keys and values from position ${from} on came for session ${context.session.id}, which holds ${length} rows ` +
        `of layer ${stage.from}: send them from ${length} on`,
      { details: { layer: String(stage.from), from: String(length), to: String(from) } },
    );
  }
}

interface Rows {
  readonly from: number;
  readonly rows: number;
  readonly width: number;
}

function checkFinite(what: string, values: Float32Array, { from, rows, width }: Rows): void {
  let probe = 0;
  for (let index = 0; index < values.length; index++) probe += (values[index] ?? 0) * 0;
  if (probe === 0) return;
  const index = values.findIndex(value => !Number.isFinite(value));
  const position = from + (Math.floor(index / width) % rows);
  throw invalid(`${what} holds ${values[index]} at position ${position}, expected finite values`);
}

function invalid(message: string): AiflowError {
  return new AiflowError('invalid-argument', message);
}
