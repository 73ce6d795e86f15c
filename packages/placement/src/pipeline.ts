// SPDX-License-Identifier: Apache-2.0
//
// One stretch of pipelined judging in which nothing is rejected: tokens become ready in pieces, go to a judge in blocks
// while a window allows, and verdicts come back. This is the driver of `@aiflow/decode` reduced to its times. What a
// rejection at some place costs can be read off the stretch, as everything before it went the same way.
//
// P1  Blocks are contiguous but for the judge's own token after a block, which need not be judged.
// P2  At most `window` blocks are unanswered; the link and the judge work on one thing at a time, in order.
// P3  A token that follows a block directly is told by that block's verdict, since the judge adds its own next token.
import type { Piece, Supply } from './draft-supply.ts';
import { blockMs, type JudgeCosts, sendMs } from './judge-costs.ts';
import { type Block, readStretch, type Stretch } from './read-stretch.ts';

/** How many may wait. */
export interface WindowLimits {
  readonly window: number;
  /** Tokens that may wait for a verdict. */
  readonly maxAhead: number;
}

/** When link and judge are free. */
export interface StretchStart {
  readonly upAtMs: number;
  readonly judgeAtMs: number;
}

/** Plays a stretch of `total` tokens. */
export function playStretch(
  total: number,
  supply: Supply,
  judge: JudgeCosts,
  { limits, start }: { readonly limits: WindowLimits; readonly start: StretchStart },
): Stretch {
  const play: Play = {
    total,
    supply,
    judge,
    limits,
    blocks: [],
    pieces: [],
    answered: 0,
    ready: 0,
    sent: 0,
    judged: 0,
    allowedMs: 0,
    upFreeMs: start.upAtMs,
    judgeFreeMs: start.judgeAtMs,
    downFreeMs: 0,
  };
  runToEnd(play);
  return readStretch(play);
}

/** A stretch while it is played; plain fields, as plans are weighed by the hundred. */
interface Play {
  readonly total: number;
  readonly supply: Supply;
  readonly judge: JudgeCosts;
  readonly limits: WindowLimits;
  readonly blocks: Block[];
  readonly pieces: Piece[];
  answered: number;
  ready: number;
  sent: number;
  judged: number;
  allowedMs: number;
  upFreeMs: number;
  judgeFreeMs: number;
  downFreeMs: number;
}

function runToEnd(play: Play): void {
  let piece = nextPiece(play, 0);
  while (play.judged < play.total) {
    const verdictMs = play.blocks[play.answered]?.verdictMs ?? Infinity;
    const pieceMs = piece?.endMs ?? Infinity;
    const nowMs = Math.min(verdictMs, pieceMs);
    if (nowMs === Infinity) throw new Error(`P2: a stretch stalled after ${play.judged} of ${play.total} tokens`);
    if (piece !== undefined && pieceMs <= verdictMs) {
      play.pieces.push(piece);
      play.ready = Math.max(play.ready, piece.to);
      piece = undefined;
    } else takeVerdict(play, nowMs);
    piece ??= nextPiece(play, nowMs);
    sendBlocks(play, nowMs);
  }
  if (piece !== undefined) play.pieces.push(piece);
}

function nextPiece({ total, supply, limits, ready, judged }: Play, nowMs: number): Piece | undefined {
  return ready >= total
    ? undefined
    : supply.next(nowMs, ready, Math.min(total - ready, limits.maxAhead - (ready - judged)));
}

function takeVerdict(play: Play, nowMs: number): void {
  const block = play.blocks[play.answered];
  if (block === undefined) return;
  if (play.blocks.length - play.answered >= play.limits.window) play.allowedMs = nowMs;
  play.answered += 1;
  play.judged = Math.min(play.total, block.to + 1); // P3
  play.sent = Math.max(play.sent, play.judged);
  play.ready = Math.max(play.ready, play.judged);
}

function sendBlocks(play: Play, nowMs: number): void {
  const longest = play.judge.blockMs.length - 1;
  while (play.blocks.length - play.answered < play.limits.window && play.sent < play.ready) {
    const from = play.sent;
    const to = Math.min(play.ready, from + longest);
    const { allowedMs, upFreeMs: upFreeBeforeMs, judgeFreeMs: judgeFreeBeforeMs } = play;
    const verdictMs = carry(play, nowMs, to - from);
    const upFreeAfterMs = play.upFreeMs;
    play.blocks.push({
      from,
      to,
      sentMs: nowMs,
      allowedMs,
      upFreeBeforeMs,
      upFreeAfterMs,
      judgeFreeBeforeMs,
      verdictMs,
    });
    play.sent = to;
    play.allowedMs = nowMs;
  }
}

/** Sends so many tokens and returns when their verdict is back. */
function carry(play: Play, nowMs: number, tokens: number): number {
  const { halfTripMs, messageMs } = play.judge;
  play.upFreeMs = Math.max(nowMs, play.upFreeMs) + sendMs(play.judge, tokens);
  play.judgeFreeMs = Math.max(play.judgeFreeMs, play.upFreeMs + halfTripMs) + blockMs(play.judge, tokens);
  play.downFreeMs = Math.max(play.downFreeMs, play.judgeFreeMs) + messageMs;
  return play.downFreeMs + halfTripMs;
}
