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
  readonly blockMs: Float64Array;
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
  readonly rejectedMs: Float64Array;
  /** When the owner knows that all up to this token are right. */
  readonly judgedMs: Float64Array;
  /** The same if this token ends the answer: the last block is shorter then. */
  readonly endedMs: Float64Array;
  /** How long the uplink is still busy with blocks that a rejection of this token made worthless. */
  readonly backlogMs: Float64Array;
}

/** Plays a stretch of `total` tokens. */
export function playStretch(
  total: number,
  supply: Supply,
  judge: JudgeCosts,
  { limits, start }: { readonly limits: WindowLimits; readonly start: StretchStart },
): Stretch {
  const played = new StretchPlay(total, supply, judge, limits);
  played.run(start);
  return played.read();
}

class StretchPlay {
  readonly #total: number;
  readonly #supply: Supply;
  readonly #judge: JudgeCosts;
  readonly #limits: WindowLimits;
  readonly #blocks: Block[] = [];
  readonly #pieces: Piece[] = [];
  #answered = 0;
  #ready = 0;
  #sent = 0;
  #judged = 0;
  #allowedMs = 0;
  #upFreeMs = 0;
  #judgeFreeMs = 0;
  #downFreeMs = 0;

  constructor(total: number, supply: Supply, judge: JudgeCosts, limits: WindowLimits) {
    this.#total = total;
    this.#supply = supply;
    this.#judge = judge;
    this.#limits = limits;
  }

  run(start: StretchStart): void {
    this.#upFreeMs = start.upAtMs;
    this.#judgeFreeMs = start.judgeAtMs;
    let piece = this.#nextPiece(0);
    while (this.#judged < this.#total) {
      const verdictMs = this.#blocks[this.#answered]?.verdictMs ?? Infinity;
      const pieceMs = piece?.endMs ?? Infinity;
      const nowMs = Math.min(verdictMs, pieceMs);
      if (nowMs === Infinity) throw new Error(`P2: a stretch stalled after ${this.#judged} of ${this.#total} tokens`);
      if (piece !== undefined && pieceMs <= verdictMs) {
        this.#pieces.push(piece);
        this.#ready = Math.max(this.#ready, piece.to);
        piece = undefined;
      } else this.#takeVerdict(nowMs);
      piece ??= this.#nextPiece(nowMs);
      this.#sendBlocks(nowMs);
    }
    if (piece !== undefined) this.#pieces.push(piece);
  }

  #nextPiece(nowMs: number): Piece | undefined {
    if (this.#ready >= this.#total) return undefined;
    const piece = this.#supply.next(nowMs, this.#ready, this.#limits.maxAhead - (this.#ready - this.#judged));
    return piece === undefined || piece.to <= this.#total ? piece : { ...piece, to: this.#total };
  }

  #takeVerdict(nowMs: number): void {
    const block = this.#blocks[this.#answered];
    if (block === undefined) return;
    if (this.#blocks.length - this.#answered >= this.#limits.window) this.#allowedMs = nowMs;
    this.#answered += 1;
    this.#judged = Math.min(this.#total, block.to + 1); // P3
    this.#sent = Math.max(this.#sent, this.#judged);
    this.#ready = Math.max(this.#ready, this.#judged);
  }

  #sendBlocks(nowMs: number): void {
    const longest = this.#judge.blockMs.length - 1;
    while (this.#blocks.length - this.#answered < this.#limits.window && this.#sent < this.#ready) {
      const [from, to] = [this.#sent, Math.min(this.#ready, this.#sent + longest)];
      const before = { upFreeBeforeMs: this.#upFreeMs, judgeFreeBeforeMs: this.#judgeFreeMs };
      const verdictMs = this.#carry(nowMs, to - from);
      const allowedMs = this.#allowedMs;
      this.#blocks.push({
        ...{ from, to, sentMs: nowMs, allowedMs, verdictMs },
        ...before,
        upFreeAfterMs: this.#upFreeMs,
      });
      this.#sent = to;
      this.#allowedMs = nowMs;
    }
  }

  /** Sends so many tokens and returns when their verdict is back. */
  #carry(nowMs: number, tokens: number): number {
    const { halfTripMs, messageMs } = this.#judge;
    this.#upFreeMs = Math.max(nowMs, this.#upFreeMs) + this.#sendMs(tokens);
    this.#judgeFreeMs = Math.max(this.#judgeFreeMs, this.#upFreeMs + halfTripMs) + this.#blockMs(tokens);
    this.#downFreeMs = Math.max(this.#downFreeMs, this.#judgeFreeMs) + messageMs;
    return this.#downFreeMs + halfTripMs;
  }

  #sendMs(tokens: number): number {
    return this.#judge.messageMs + tokens * this.#judge.tokenMs;
  }

  #blockMs(tokens: number): number {
    return this.#judge.blockMs[tokens] ?? 0;
  }

  read(): Stretch {
    const stretch = {
      rejectedMs: new Float64Array(this.#total + 1),
      judgedMs: new Float64Array(this.#total + 1),
      endedMs: new Float64Array(this.#total + 1),
      backlogMs: new Float64Array(this.#total + 1),
    };
    let [at, pieceAt] = [0, 0];
    for (let token = 1; token <= this.#total; token++) {
      while (token > (this.#blocks[at]?.to ?? Infinity)) at += 1;
      while (token > (this.#pieces[pieceAt]?.to ?? Infinity)) pieceAt += 1;
      this.#readToken(stretch, token, { at, piece: this.#pieces[pieceAt] });
    }
    return stretch;
  }

  #readToken(stretch: Stretch, token: number, where: { readonly at: number; readonly piece: Piece | undefined }): void {
    const { at, piece } = where;
    const before = this.#blocks[at - 1];
    const block = this.#blocks[at];
    if (before !== undefined && token === before.to + 1) {
      stretch.rejectedMs[token] = Math.max(before.verdictMs, piece?.endMs ?? 0);
      stretch.judgedMs[token] = before.verdictMs;
      stretch.endedMs[token] = before.verdictMs;
    } else if (block !== undefined) {
      stretch.rejectedMs[token] = block.verdictMs;
      stretch.judgedMs[token] = block.verdictMs;
      stretch.endedMs[token] = piece === undefined ? block.verdictMs : this.#endMs(token, block, piece);
    }
    const rejectedMs = stretch.rejectedMs[token] ?? 0;
    const last = this.#blocks.findLast(({ sentMs }) => sentMs < rejectedMs);
    stretch.backlogMs[token] = Math.max(0, (last?.upFreeAfterMs ?? 0) - rejectedMs);
  }

  /** The block's verdict if it ends with `token`. */
  #endMs(token: number, block: Block, piece: Piece): number {
    if (token === block.to && token === piece.to) return block.verdictMs;
    const tokens = token - block.from;
    const sentMs = Math.max(this.#supply.lastTokenMs(token, piece), block.allowedMs);
    const arrivesMs = Math.max(sentMs, block.upFreeBeforeMs) + this.#sendMs(tokens) + this.#judge.halfTripMs;
    const judgedMs = Math.max(arrivesMs, block.judgeFreeBeforeMs) + this.#blockMs(tokens);
    return Math.min(block.verdictMs, judgedMs + this.#judge.messageMs + this.#judge.halfTripMs);
  }
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
