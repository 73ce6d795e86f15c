// SPDX-License-Identifier: Apache-2.0
//
// Runs stages over a session's rows so that an exit has decided what it is asked for.
//
// L1  A stage's input is the embedding or the feature log of the trunk stage below; a stage that lags is filled from
//     there in blocks, whichever exit asked first.
// L2  The prompt is computed in blocks of PREFILL_ROWS that start at multiples of it, whoever asks, so that two
//     runs of one prompt have bit-equal caches.
// L3  A row is canonical when the stage below made it canonically and it was computed as in L2 or, in the answer,
//     alone on a canonical past. A lone run is canonical throughout.
// L4  Decisions of an exit are kept by answer position and live as long as the exit's rows.

import type { StageCache, StageRows } from '../cache/stage-cache.ts';
import type { Embedding } from './embedding.ts';
import type { RowRange } from './range-feeds.ts';
import { candidatesNeeded, chooseToken } from './sampling.ts';
import type { Session } from './session.ts';
import type { Stage } from './stage.ts';

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
  readonly embedding: Embedding;
  /** Runs after each graph: throws when the caller has given up. */
  readonly checkpoint: () => Promise<void>;
}

/** Computes all rows below `rows` at each stage up to the exit. */
export async function advance(context: LadderContext, rows: number): Promise<void> {
  for (const stage of stagesOf(context)) {
    const cache = context.session.cacheOf(stage);
    while (cache.length < rows) {
      const range = nextBlock(cache.length, rows, context.session.promptLength);
      const isCanonical = isCanonicalBlock(context, stage, range);
      cache.append(await compute(context, stage, { range, isCanonical }), isCanonical);
      await context.checkpoint();
    }
  }
}

/** Computes one row again, alone, at each stage; later rows stay. Its decision is replaced. */
export async function recomputeRow(context: LadderContext, row: number): Promise<void> {
  for (const stage of stagesOf(context)) {
    const range = { from: row, to: row + 1 };
    const isCanonical = isCanonicalBlock(context, stage, range);
    context.session.cacheOf(stage).replace(row, await compute(context, stage, { range, isCanonical }));
    await context.checkpoint();
  }
}

/**
 * Computes the rows from the first that is not canonical up to `row` again, one by one, then all that were there.
 * `row` lies in the answer; the prompt is canonical (L2).
 */
export async function recomputeCanonically(context: LadderContext, row: number): Promise<void> {
  const { session } = context;
  const caches = stagesOf(context).map(stage => session.cacheOf(stage));
  const reached = Math.max(...caches.map(cache => cache.length));
  const first = Math.min(row, ...caches.map(cache => cache.canonical));
  for (const cache of caches) cache.crop(first);
  const decisions = session.decisionsOf(context.rungs.exit);
  decisions.length = Math.min(decisions.length, first - session.promptLength + 1);
  for (let rows = first + 1; rows <= row + 1; rows++) await advance(context, rows);
  await advance(context, reached);
}

function stagesOf({ rungs }: LadderContext): readonly Stage[] {
  return [...rungs.trunk, rungs.exit];
}

function nextBlock(from: number, rows: number, promptLength: number): RowRange {
  if (from < promptLength) return { from, to: Math.min(alignedEnd(from), promptLength) };
  return { from, to: Math.min(from + PREFILL_ROWS, rows) };
}

function alignedEnd(from: number): number {
  return (Math.floor(from / PREFILL_ROWS) + 1) * PREFILL_ROWS;
}

function isCanonicalBlock(context: LadderContext, stage: Stage, { from, to }: RowRange): boolean {
  const { session, rungs } = context;
  if (session.cacheOf(stage).canonical < from) return false;
  const below = belowOf(rungs, stage);
  if (below !== undefined && session.cacheOf(below).canonical < to) return false;
  return from < session.promptLength || to - from === 1;
}

function belowOf(rungs: Rungs, stage: Stage): Stage | undefined {
  const index = stage === rungs.exit ? rungs.trunk.length : rungs.trunk.indexOf(stage);
  return rungs.trunk[index - 1];
}

interface Block {
  readonly range: RowRange;
  readonly isCanonical: boolean;
}

async function compute(context: LadderContext, stage: Stage, block: Block): Promise<StageRows> {
  const { session, rungs, embedding } = context;
  const { from, to } = block.range;
  const below = belowOf(rungs, stage);
  const input =
    below === undefined ? embedding.rows(session.tokens(from, to)) : session.cacheOf(below).features(from, to);
  const cache = session.cacheOf(stage);
  return stage.kind === 'trunk'
    ? stage.run(cache, input, block.range)
    : decide(context, { cache, input, block, vocabulary: embedding.vocabulary });
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
  const made = await rungs.exit.choose(work.cache, work.input, { from, to, firstQuery, candidates });
  const decisions = session.decisionsOf(rungs.exit);
  made.candidates.forEach((best, index) => {
    const position = firstQuery + index - firstDeciding;
    if (position < 0) return;
    const choice = chooseToken(best, session.sampling, position);
    decisions[position] = { ...choice, single: to - from === 1, canonical: work.block.isCanonical };
  });
  return made.rows;
}
