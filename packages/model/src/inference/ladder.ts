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
import { computeBlock, isCanonicalBlock, layerAfter, logAfter } from './compute-block.ts';
import { lacksFeatures } from './lacks-features.ts';
import type { LadderContext } from './ladder-context.ts';
import { nextBlock, PREFILL_ROWS, type RunLimits } from './prefill-blocks.ts';
import type { RowRange } from './range-feeds.ts';
import type { Stage } from './stage.ts';

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

type Wanted = RowRange & RunLimits;

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
async function extend(context: LadderContext, stage: Stage, { to, blockRows }: RunLimits): Promise<void> {
  const { session } = context;
  const cache = session.cacheOf(stage);
  const log = logAfter(session, stage);
  while (cache.length < to) {
    const range = nextBlock(session.promptLength, cache.length, { to, blockRows });
    const mayBeCanonical = isCanonicalBlock(context, stage, range);
    const made = await computeBlock(context, stage, { range, isCanonical: mayBeCanonical });
    const isCanonical = mayBeCanonical && !made.wasShared;
    cache.append(made, isCanonical);
    if (log !== undefined && made.features !== undefined) {
      context.countRefilled(Math.max(0, Math.min(range.to, log.length) - range.from));
      log.add(range.from, made.features, isCanonical);
    }
    await context.checkpoint();
  }
}
