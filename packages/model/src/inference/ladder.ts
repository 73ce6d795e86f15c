// SPDX-License-Identifier: Apache-2.0
//
// Runs stages over a session's rows so that an exit has decided what it is asked for.
//
// L1  A stage's input is the embedding or the feature log before it. What the log lacks is made by the stage below, and
//     so on down; nothing runs for rows that the log holds, whether computed here or received. A stage that lags is
//     filled in blocks, whichever exit asked first.
// L2  The prompt is computed in blocks of PREFILL_ROWS that start at multiples of it, whoever asks, so that two
//     runs of one prompt have bit-equal caches.
// L3  A row is canonical when its input is and it was computed as in L2 or, in the answer, alone on a canonical past:
//     a run by itself over the same tokens and received rows would have made the same bits. Received rows are input
//     as they are; a lone run is canonical throughout. Rows that shared a run with other sessions' are not.
// L4  Decisions of an exit are kept by answer position and live as long as the exit's rows.
// L5  Received rows are never computed in place of (F2). Where keys and values below them are needed, because the
//     session goes on without its sender, they are filled from the token ids; `refilled` counts those rows.

import type { Clock } from '@aiflow/time';
import type { FeatureLog } from '../cache/feature-log.ts';
import type { StageCache } from '../cache/stage-cache.ts';
import type { Embedding } from './embedding.ts';
import { lacksFeatures } from './lacks-features.ts';
import type { RowRange } from './range-feeds.ts';
import { candidatesNeeded, chooseToken } from './sampling.ts';
import type { Session } from './session.ts';
import type { Stage } from './stage.ts';
import type { StageCosts } from './stage-costs.ts';
import type { StageRows } from './stage-run.ts';

/** Rows in one block at most, in prefill and when a stage catches up. */
export const PREFILL_ROWS = 64;

/** An exit and the trunk stages below it. */
export interface Rungs {
  readonly trunk: readonly Stage[];
  readonly exit: Stage;
  /** Which rung of the exit `exit` is. */
  readonly rung: number;
}

/** What every step on the ladder needs. */
export interface LadderContext {
  readonly session: Session;
  readonly rungs: Rungs;
  /** Rows before layer 0, or before the first layer that is loaded where they can be made up. */
  readonly embedding: Embedding;
  /** What runs take, for those who have to keep within a time. */
  readonly costs: StageCosts;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Counts rows whose keys and values were computed below features that had been received. */
  readonly countRefilled: (rows: number) => void;
  /** Runs after each graph: throws when the caller has given up. */
  readonly checkpoint: () => Promise<void>;
}

/** Computes the exit's rows below `rows` and what they need; in the answer `blockRows` at most share a block. */
export async function advance(context: LadderContext, rows: number, blockRows: number = PREFILL_ROWS): Promise<void> {
  const { session, rungs } = context;
  const cache = session.cacheOf(rungs.exit);
  if (cache.length >= rows) return;
  await provide(context, rungs.exit.from, { from: cache.length, to: rows, blockRows });
  await extend(context, rungs.exit, { to: rows, blockRows });
}

/** Computes the states before `layer` for all rows below `rows`. */
export function advanceTrunk(
  context: LadderContext,
  layer: number,
  { rows, blockRows = PREFILL_ROWS }: { readonly rows: number; readonly blockRows?: number },
): Promise<void> {
  return provide(context, layer, { from: 0, to: rows, blockRows });
}

/** Fills keys and values of all layers below `layer` up to `rows`. */
export async function fillCaches(context: LadderContext, layer: number, rows: number): Promise<void> {
  for (const stage of context.rungs.trunk.filter(({ from }) => from < layer)) {
    const from = context.session.cacheOf(stage).length;
    if (from >= rows) continue;
    await provide(context, stage.from, { from, to: rows, blockRows: PREFILL_ROWS });
    await extend(context, stage, { to: rows, blockRows: PREFILL_ROWS });
  }
}

/** Computes one row again, alone, at each stage above the last state that was received; later rows stay. */
export async function recomputeRow(sharing: LadderContext, row: number): Promise<void> {
  const context = alone(sharing);
  const { session } = context;
  const stages = [...context.rungs.trunk, context.rungs.exit];
  const given = stages.findLastIndex(({ from }) => from > 0 && session.logOf(from).isReceived(row));
  for (const stage of stages.slice(Math.max(0, given))) {
    const range = { from: row, to: row + 1 };
    const isCanonical = isCanonicalBlock(context, stage, range);
    const made = await compute(context, stage, { range, isCanonical });
    session.cacheOf(stage).replace(row, made);
    if (made.features !== undefined) logAfter(session, stage)?.replace(row, made.features);
    await context.checkpoint();
  }
}

/**
 * Computes the rows from the first that is not canonical up to `row` again, one by one, then all that were there.
 * `row` lies in the answer.
 */
export async function recomputeCanonically(sharing: LadderContext, row: number): Promise<void> {
  const context = alone(sharing);
  const { session, rungs } = context;
  const cache = session.cacheOf(rungs.exit);
  const reached = cache.length;
  cache.crop(startOfBlock(session, Math.min(row, cache.canonical)));
  const decisions = session.decisionsOf(rungs.exit);
  decisions.length = Math.min(decisions.length, Math.max(0, cache.length - session.promptLength + 1));
  rewindTrunk(context, row);
  await advance(context, row + 1, 1);
  await advance(context, reached);
}

/** The same ladder where no row shares a run with other sessions'. */
function alone(context: LadderContext): LadderContext {
  const { rungs } = context;
  const own = (stage: Stage): Stage => stage.alone ?? stage;
  return { ...context, rungs: { ...rungs, trunk: rungs.trunk.map(own), exit: own(rungs.exit) } };
}

/** Goes down as far as a state up to `row` was computed and is not canonical. */
function rewindTrunk(context: LadderContext, row: number): void {
  const { session, rungs } = context;
  for (const stage of [...rungs.trunk].reverse()) {
    const log = session.logOf(layerAfter(stage));
    if (log.canonical > row) return;
    const cache = session.cacheOf(stage);
    cache.crop(startOfBlock(session, Math.min(row, cache.canonical)));
    log.rewind(startOfBlock(session, log.canonical));
  }
}

interface Wanted extends RowRange {
  readonly blockRows: number;
}

/** Makes the log before `layer` hold the rows wanted (L1). */
async function provide(context: LadderContext, layer: number, wanted: Wanted): Promise<void> {
  const { session, rungs, embedding } = context;
  if (layer === embedding.layer) return;
  const log = session.logOf(layer);
  const holdsFirst = log.first <= wanted.from && wanted.from <= log.length;
  if (holdsFirst && log.length >= wanted.to) return;
  const stage = rungs.trunk.find(one => layerAfter(one) === layer);
  if (stage === undefined) throw lacksFeatures(session.id, layer, { from: log.length, to: wanted.to });
  const cache = session.cacheOf(stage);
  const begin = Math.min(cache.length, holdsFirst && log.length > log.first ? log.length : wanted.from);
  await provide(context, stage.from, { ...wanted, from: begin });
  context.countRefilled(cache.length - begin);
  cache.crop(begin);
  if (!holdsFirst || log.length === log.first) log.restart(begin);
  await extend(context, stage, wanted);
}

/** Runs `stage` from the end of its cache on. */
async function extend(context: LadderContext, stage: Stage, { to, blockRows }: Omit<Wanted, 'from'>): Promise<void> {
  const { session } = context;
  const cache = session.cacheOf(stage);
  const log = logAfter(session, stage);
  while (cache.length < to) {
    const range = nextBlock(session, cache.length, { to, blockRows });
    const mayBeCanonical = isCanonicalBlock(context, stage, range);
    const made = await compute(context, stage, { range, isCanonical: mayBeCanonical });
    const isCanonical = mayBeCanonical && !made.wasShared;
    cache.append(made, isCanonical);
    if (log !== undefined && made.features !== undefined) {
      context.countRefilled(Math.max(0, Math.min(range.to, log.length) - range.from));
      log.add(range.from, made.features, isCanonical);
    }
    await context.checkpoint();
  }
}

/** Where a trunk stage's states go; an exit's are nobody's input. */
function logAfter(session: Session, stage: Stage): FeatureLog | undefined {
  return stage.kind === 'trunk' ? session.logOf(layerAfter(stage)) : undefined;
}

function layerAfter(stage: Stage): number {
  return stage.from + stage.blocks;
}

function nextBlock({ promptLength }: Session, from: number, { to, blockRows }: Omit<Wanted, 'from'>): RowRange {
  if (from < promptLength) return { from, to: promptBlockEnd(promptLength, from) };
  return { from, to: Math.min(from + blockRows, to) };
}

function promptBlockEnd(promptLength: number, from: number): number {
  return Math.min((Math.floor(from / PREFILL_ROWS) + 1) * PREFILL_ROWS, promptLength);
}

/** Where computing must begin so that `row` comes out as L2 says. */
export function startOfBlock({ promptLength }: Session, row: number): number {
  return row < promptLength ? row - (row % PREFILL_ROWS) : row;
}

function isCanonicalBlock({ session, embedding }: LadderContext, stage: Stage, { from, to }: RowRange): boolean {
  if (session.cacheOf(stage).canonical < from) return false;
  if (stage.from !== embedding.layer && session.logOf(stage.from).canonical < to) return false;
  if (from >= session.promptLength) return to - from === 1;
  return from % PREFILL_ROWS === 0 && to === promptBlockEnd(session.promptLength, from);
}

interface Block {
  readonly range: RowRange;
  readonly isCanonical: boolean;
}

async function compute(context: LadderContext, stage: Stage, block: Block): Promise<StageRows> {
  const { session, embedding, costs, clock } = context;
  const { from, to } = block.range;
  const input =
    stage.from === embedding.layer
      ? embedding.rows(session.tokens(from, to))
      : session.logOf(stage.from).view(from, to);
  const cache = session.cacheOf(stage);
  const beganMs = clock.nowMs();
  const made =
    stage.kind === 'trunk'
      ? await stage.run(cache, input, { ...block.range, mayShare: from >= session.promptLength })
      : await decide(context, { cache, input, block, vocabulary: embedding.vocabulary });
  const waitedForOthers = stage.alone !== undefined;
  if (!waitedForOthers) costs.record(stage, to - from, clock.nowMs() - beganMs);
  return made;
}

interface DecideInput {
  readonly cache: StageCache;
  readonly input: Float32Array;
  readonly block: Block;
  readonly vocabulary: number;
}

async function decide({ session, rungs }: LadderContext, work: DecideInput): Promise<StageRows> {
  const { from, to } = work.block.range;
  const firstDeciding = session.promptLength - 1;
  const firstQuery = Math.min(Math.max(from, firstDeciding), to - 1);
  const candidates = candidatesNeeded(session.sampling, work.vocabulary);
  const mayShare = from >= session.promptLength;
  const made = await rungs.exit.choose(work.cache, work.input, { from, to, firstQuery, candidates, mayShare });
  const isAlone = !made.rows.wasShared;
  const decisions = session.decisionsOf(rungs.exit);
  made.candidates.forEach((best, index) => {
    const position = firstQuery + index - firstDeciding;
    if (position < 0) return;
    const choice = chooseToken(best, session.sampling, position);
    const single = isAlone && to - from === 1;
    decisions[position] = { ...choice, single, canonical: isAlone && work.block.isCanonical };
  });
  return made.rows;
}
