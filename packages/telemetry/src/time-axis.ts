// SPDX-License-Identifier: Apache-2.0
//
// From time to columns. A trace may hold an hour in which it lay in an outbox, between fifty milliseconds of work before
// and eighty after. Where nothing begins or ends for long, against all the rest together, the axis is broken: that time
// takes one column, and what is left shares the others by its length.

/** A stretch of time, in milliseconds on the common clock. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where times are drawn. */
export interface TimeAxis {
  /** Left out, in order; each is drawn as one column. */
  readonly breaks: readonly TimeSpan[];
  /** The columns of `breaks`. */
  readonly breakColumns: ReadonlySet<number>;
  /** From 0 to `columns`, with fractions. */
  columnOf(ms: number): number;
}

/** Shorter than this is not left out. */
const MIN_BREAK_MS = 5000;
/** And it is so many times as long as all that is not left out together. */
const BREAK_FACTOR = 10;
/** A picture of breaks alone shows nothing. */
const COLUMNS_PER_BREAK = 4;

/** The axis of a sheet with `columns` on which `spans` are drawn; at least one of each. */
export function createTimeAxis(spans: readonly TimeSpan[], columns: number): TimeAxis {
  const moments = [...new Set(spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))].sort((a, b) => a - b);
  const breaks = findBreaks(moments, Math.floor(columns / COLUMNS_PER_BREAK));
  const pieces = shareColumns(piecesBetween(moments, breaks), columns - breaks.length);
  const breakColumns = new Set(pieces.slice(1).map(({ column }) => column - 1));
  return { breaks, breakColumns, columnOf: ms => columnIn(pieces, ms) };
}

function findBreaks(moments: readonly number[], most: number): readonly TimeSpan[] {
  const gaps = moments.slice(1).map((toMs, index) => ({ fromMs: moments[index] ?? toMs, toMs }));
  const byLength = [...gaps].sort((a, b) => lengthOf(a) - lengthOf(b));
  let shorterMs = 0;
  const first = byLength.findIndex(gap => {
    const lengthMs = lengthOf(gap);
    const breaks = lengthMs >= MIN_BREAK_MS && lengthMs >= BREAK_FACTOR * shorterMs;
    shorterMs += lengthMs;
    return breaks;
  });
  const longest = first === -1 ? [] : byLength.slice(Math.max(first, byLength.length - most));
  return longest.sort((a, b) => a.fromMs - b.fromMs);
}

interface Piece extends TimeSpan {
  /** The first of its columns. */
  readonly column: number;
  readonly columns: number;
}

function piecesBetween(moments: readonly number[], breaks: readonly TimeSpan[]): readonly TimeSpan[] {
  const begins = [moments[0] ?? 0, ...breaks.map(({ toMs }) => toMs)];
  const ends = [...breaks.map(({ fromMs }) => fromMs), moments.at(-1) ?? 0];
  return begins.map((fromMs, index) => ({ fromMs, toMs: ends[index] ?? fromMs }));
}

/** Whole columns for each piece, at least one. */
function shareColumns(pieces: readonly TimeSpan[], columns: number): readonly Piece[] {
  let leftColumns = columns;
  let leftMs = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  let column = 0;
  return pieces.map((piece, index) => {
    const share = leftMs > 0 ? Math.round((lengthOf(piece) / leftMs) * leftColumns) : 1;
    const most = leftColumns - (pieces.length - 1 - index);
    const own = index === pieces.length - 1 ? leftColumns : Math.max(1, Math.min(share, most));
    const shared = { ...piece, column, columns: own };
    leftColumns -= own;
    leftMs -= lengthOf(piece);
    column += own + 1;
    return shared;
  });
}

function columnIn(pieces: readonly Piece[], ms: number): number {
  const piece = pieces.findLast(({ fromMs }) => fromMs <= ms) ?? pieces[0];
  if (piece === undefined) return 0;
  const lengthMs = lengthOf(piece);
  const share = lengthMs > 0 ? Math.min(1, Math.max(0, ms - piece.fromMs) / lengthMs) : 0;
  return piece.column + share * piece.columns;
}

function lengthOf({ fromMs, toMs }: TimeSpan): number {
  return toMs - fromMs;
}
