// SPDX-License-Identifier: Apache-2.0
//
// Computes again, alone, what was computed otherwise than a run by itself would have; the invariants are those of the
// ladder.
import { computeBlock, isCanonicalBlock, layerAfter, logAfter } from './compute-block.ts';
import { advance } from './ladder.ts';
import type { LadderContext } from './ladder-context.ts';
import { startOfBlock } from './prefill-blocks.ts';
import type { Stage } from './stage.ts';

/** Computes one row again, alone, at each stage above the last state that was received; later rows stay. */
export async function recomputeRow(sharing: LadderContext, row: number): Promise<void> {
  const context = alone(sharing);
  const { session } = context;
  const stages = [...context.rungs.trunk, context.rungs.exit];
  const given = stages.findLastIndex(({ from }) => from > 0 && session.logOf(from).isReceived(row));
  for (const stage of stages.slice(Math.max(0, given))) {
    const range = { from: row, to: row + 1 };
    const isCanonical = isCanonicalBlock(context, stage, range);
    const made = await computeBlock(context, stage, { range, isCanonical });
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
