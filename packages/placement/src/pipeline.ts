// SPDX-License-Identifier: Apache-2.0
//
// One stretch of pipelined judging in which nothing is rejected: tokens become ready in pieces, go to a judge in blocks
// while a window allows, and verdicts come back. This is the driver of `@aiflow/decode` reduced to its times. What a
// rejection at some place costs can be read off the stretch, as everything before it went the same way.
//
// P1  Blocks are contiguous but for the judge's own token after a block, which need not be judged.
// P2  At most `window` blocks are unanswered; the link and the judge work on one thing at a time, in order.
// P3  A token that follows a block directly is told by that block's verdict, since the judge adds its own next token.

/** What judging costs; a judge may be reached over a link. */
export interface JudgeCosts {
  /** Milliseconds by block length, from 0 up to the longest block. */
  readonly blockMs: readonly number[];
  readonly halfTripMs: number;
  readonly messageMs: number;
  readonly tokenMs: number;
}

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

/** Tokens (from, to] that are there at `endMs`, worked on since `startMs`. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** Where tokens come from. */
export interface Supply {
  /** The next piece after `ready` tokens, if it may be begun now that `room` tokens may wait beyond them. */
  next(nowMs: number, ready: number, room: number): Piece | undefined;
  /** When the answer's last token is there if it is the `token`-th, given the piece it is in. */
  lastTokenMs(token: number, piece: Piece): number;
}

interface Block {
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

function sendMs({ messageMs, tokenMs }: JudgeCosts, tokens: number): number {
  return messageMs + tokens * tokenMs;
}

function blockMs(judge: JudgeCosts, tokens: number): number {
  return judge.blockMs[tokens] ?? 0;
}

/** Plain arrays: typed ones of this size cost more to make than to fill. */
interface StretchRows {
  readonly rejectedMs: number[];
  readonly judgedMs: number[];
  readonly endedMs: number[];
  readonly uplinkFreeMs: number[];
  readonly uplinkDoneMs: number[];
}

function readStretch(play: Play): Stretch {
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

function readToken(play: Play, rows: StretchRows, token: number, { at, piece }: Place): void {
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
  { supply, judge }: Play,
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

/** Tokens drafted one after the other by the owner's engine, in drafts of `lengths`; the last length goes on for ever. */
export function draftingSupply(stepMs: number, lengths: readonly number[], startMs: number): Supply {
  let drafts = 0;
  return {
    next: (nowMs, ready, room) => {
      if (room <= 0) return undefined;
      const wanted = lengths[Math.min(drafts, lengths.length - 1)] ?? 1;
      const count = Math.max(1, Math.min(wanted, room));
      const from = Math.max(nowMs, drafts === 0 ? startMs : 0);
      drafts += 1;
      return { from: ready, to: ready + count, startMs: from, endMs: from + count * stepMs };
    },
    lastTokenMs: (token, piece) => piece.startMs + (token - piece.from) * stepMs,
  };
}
