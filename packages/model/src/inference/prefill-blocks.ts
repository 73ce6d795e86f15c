// SPDX-License-Identifier: Apache-2.0
//
// Which rows are computed together: rule L2 of the ladder, as arithmetic on positions.
import type { RowRange } from './range-feeds.ts';

/** Rows in one block at most, in prefill and when a stage catches up. */
export const PREFILL_ROWS = 64;

/** Where a run over rows ends, and how many rows of the answer may share a block. */
export interface RunLimits {
  readonly to: number;
  readonly blockRows: number;
}

/** The block that begins at row `from`: in the prompt up to the next multiple of PREFILL_ROWS, whatever was asked for. */
export function nextBlock(promptLength: number, from: number, { to, blockRows }: RunLimits): RowRange {
  if (from < promptLength) return { from, to: promptBlockEnd(promptLength, from) };
  return { from, to: Math.min(from + blockRows, to) };
}

/** Where computing must begin so that `row` comes out as L2 says. */
export function startOfBlock({ promptLength }: { readonly promptLength: number }, row: number): number {
  return row < promptLength ? row - (row % PREFILL_ROWS) : row;
}

/** Whether a run by itself computes these rows together: a whole block of the prompt, or one row of the answer. */
export function isLoneRunBlock(promptLength: number, { from, to }: RowRange): boolean {
  if (from >= promptLength) return to - from === 1;
  return from % PREFILL_ROWS === 0 && to === promptBlockEnd(promptLength, from);
}

function promptBlockEnd(promptLength: number, from: number): number {
  return Math.min((Math.floor(from / PREFILL_ROWS) + 1) * PREFILL_ROWS, promptLength);
}
