// SPDX-License-Identifier: Apache-2.0
//
// One stage over one block of a session's rows; the invariants are those of the ladder.
import type { FeatureLog } from '../cache/feature-log.ts';
import type { StageCache } from '../cache/stage-cache.ts';
import type { LadderContext } from './ladder-context.ts';
import { isLoneRunBlock } from './prefill-blocks.ts';
import type { RowRange } from './range-feeds.ts';
import { candidatesNeeded, chooseToken } from './sampling.ts';
import type { Session } from './session.ts';
import type { Stage } from './stage.ts';
import type { StageRows } from './stage-run.ts';

/** Where a trunk stage's states go; an exit's are nobody's input. */
export function logAfter(session: Session, stage: Stage): FeatureLog | undefined {
  return stage.kind === 'trunk' ? session.logOf(layerAfter(stage)) : undefined;
}

/** The layer whose input a trunk stage makes. */
export function layerAfter(stage: Stage): number {
  return stage.from + stage.blocks;
}

/** Whether the rows come out as in a run by itself (L3), unless they share their run with others'. */
export function isCanonicalBlock({ session, embedding }: LadderContext, stage: Stage, range: RowRange): boolean {
  if (session.cacheOf(stage).canonical < range.from) return false;
  if (stage.from !== embedding.layer && session.logOf(stage.from).canonical < range.to) return false;
  return isLoneRunBlock(session.promptLength, range);
}

/** Rows to compute at once. */
export interface Block {
  readonly range: RowRange;
  readonly isCanonical: boolean;
}

/** Runs a stage over a block whose input is there. An exit's decisions are kept (L4); the rows are the caller's to keep. */
export async function computeBlock(context: LadderContext, stage: Stage, block: Block): Promise<StageRows> {
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
