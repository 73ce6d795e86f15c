// SPDX-License-Identifier: Apache-2.0
//
// What a stretch that was played says of each of its tokens; P3 is of `pipeline.ts`.
import type { Piece, Supply } from './draft-supply.ts';
import { blockMs, type JudgeCosts, sendMs } from './judge-costs.ts';

/** Tokens (from, to] that were sent together, and the state of link and judge around them. */
export interface Block {
  readonly from: number;
  readonly to: number;
  readonly sentMs: number;
  /** Since when the window would have allowed it. */
  readonly allowedMs: number;
  readonly upFreeBeforeMs: number;
  readonly upFreeAfterMs: number;
  readonly judgeFreeBeforeMs: number;
  readonly verdictMs: number;
}

/** By token, from 1 on; index 0 is not used. */
export interface Stretch {
  /** When the owner knows that this token was wrong, if it is the first that was. */
  readonly rejectedMs: readonly number[];
  /** When the owner knows that all up to this token are right. */
  readonly judgedMs: readonly number[];
  /** The same if this token ends the answer: the last block is shorter then. */
  readonly endedMs: readonly number[];
  /** When the uplink is through with all blocks sent before this token is known to be wrong: they are worthless then. */
  readonly uplinkFreeMs: readonly number[];
  /** When the uplink is through with the block that this token is in, and those before it. */
  readonly uplinkDoneMs: readonly number[];
}

/** What was sent and what was ready, in order. */
export interface PlayedStretch {
  readonly total: number;
  readonly supply: Supply;
  readonly judge: JudgeCosts;
  readonly blocks: readonly Block[];
  readonly pieces: readonly Piece[];
}

/** Plain arrays: typed ones of this size cost more to make than to fill. */
interface StretchRows {
  readonly rejectedMs: number[];
  readonly judgedMs: number[];
  readonly endedMs: number[];
  readonly uplinkFreeMs: number[];
  readonly uplinkDoneMs: number[];
}

/** By token, from when each was sent and judged. */
export function readStretch(play: PlayedStretch): Stretch {
  const rows: StretchRows = {
    rejectedMs: [0],
    judgedMs: [0],
    endedMs: [0],
    uplinkFreeMs: [0],
    uplinkDoneMs: [0],
  };
  let at = 0;
  let pieceAt = 0;
  for (let token = 1; token <= play.total; token++) {
    while (token > (play.blocks[at]?.to ?? Infinity)) at += 1;
    while (token > (play.pieces[pieceAt]?.to ?? Infinity)) pieceAt += 1;
    readToken(play, rows, token, { at, piece: play.pieces[pieceAt] });
  }
  return rows;
}

interface Place {
  /** The block that the token is in, or would be. */
  readonly at: number;
  readonly piece: Piece | undefined;
}

function readToken(play: PlayedStretch, rows: StretchRows, token: number, { at, piece }: Place): void {
  const { blocks } = play;
  const before = blocks[at - 1];
  const block = blocks[at];
  const isForetold = before !== undefined && token === before.to + 1; // P3
  const verdictMs = (isForetold ? before : block)?.verdictMs ?? 0;
  const rejectedMs = isForetold ? Math.max(verdictMs, piece?.endMs ?? 0) : verdictMs;
  const isCut = !isForetold && block !== undefined && piece !== undefined;
  rows.judgedMs.push(verdictMs);
  rows.rejectedMs.push(rejectedMs);
  rows.endedMs.push(isCut ? blockEndMs(play, token, { block, piece }) : verdictMs);
  rows.uplinkFreeMs.push(uplinkFreeMs(blocks, at, rejectedMs));
  rows.uplinkDoneMs.push((block ?? before)?.upFreeAfterMs ?? 0);
}

/** When the uplink is through with the blocks sent before `nowMs`, looking from the `at`-th on. */
function uplinkFreeMs(blocks: readonly Block[], at: number, nowMs: number): number {
  let last = at;
  while ((blocks[last]?.sentMs ?? Infinity) < nowMs) last += 1;
  return blocks[last - 1]?.upFreeAfterMs ?? 0;
}

/** The block's verdict if it ends with `token`. */
function blockEndMs(
  { supply, judge }: PlayedStretch,
  token: number,
  { block, piece }: { readonly block: Block; readonly piece: Piece },
): number {
  if (token === block.to && token === piece.to) return block.verdictMs;
  const tokens = token - block.from;
  const sentMs = Math.max(supply.lastTokenMs(token, piece), block.allowedMs);
  const arrivesMs = Math.max(sentMs, block.upFreeBeforeMs) + sendMs(judge, tokens) + judge.halfTripMs;
  const judgedMs = Math.max(arrivesMs, block.judgeFreeBeforeMs) + blockMs(judge, tokens);
  return Math.min(block.verdictMs, judgedMs + judge.messageMs + judge.halfTripMs);
}
