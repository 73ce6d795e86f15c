// SPDX-License-Identifier: Apache-2.0

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
