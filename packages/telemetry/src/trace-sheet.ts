// SPDX-License-Identifier: Apache-2.0
import type { PlacedSpan } from './place-spans.ts';
import { createTimeAxis, type TimeAxis } from './time-axis.ts';
import { clean, titleOf } from './trace-text.ts';

/** What the lines of one trace share: its time and its columns. */
export interface TraceSheet {
  readonly beginMs: number;
  readonly endMs: number;
  readonly nameColumns: number;
  readonly nodeColumns: number;
  readonly barColumns: number;
  readonly axis: TimeAxis;
  readonly color: boolean;
  /** Of the spans that are drawn, by id. */
  readonly names: ReadonlyMap<string, string>;
}

/** How wide a sheet is, and whether it is coloured. */
export interface SheetOptions {
  /** Columns of a line; at least 60 are taken. */
  readonly width: number;
  readonly color: boolean;
}

const MIN_WIDTH = 60;
const FIGURE_COLUMNS = 22;
const BYTES_COLUMNS = 19;
const MIN_BAR_COLUMNS = 8;
/** Between name, node, bar and figures, with the bar's own edges. */
const GAP_COLUMNS = 6;

/** Shares the width out: names and nodes take what they need within their share, the bar takes the rest. */
export function layOutSheet(placed: readonly PlacedSpan[], options: SheetOptions): TraceSheet {
  const width = Math.max(MIN_WIDTH, options.width);
  const longest = (texts: readonly number[]): number => texts.reduce((most, length) => Math.max(most, length), 0);
  const nodeColumns = Math.min(
    Math.floor(width * 0.2),
    longest(placed.map(({ tree }) => clean(tree.span.node).length)),
  );
  const nameColumns = Math.min(
    Math.floor(width * 0.4),
    width - nodeColumns - FIGURE_COLUMNS - MIN_BAR_COLUMNS - GAP_COLUMNS,
    longest(placed.map(({ branch, tree }) => branch.length + titleOf(tree.span).length)),
  );
  const barColumns = Math.max(
    MIN_BAR_COLUMNS,
    width - nameColumns - nodeColumns - FIGURE_COLUMNS - BYTES_COLUMNS - GAP_COLUMNS,
  );
  return {
    beginMs: placed.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY),
    endMs: placed.reduce((most, { toMs }) => Math.max(most, toMs), Number.NEGATIVE_INFINITY),
    nameColumns,
    nodeColumns,
    barColumns,
    axis: createTimeAxis(placed, barColumns),
    color: options.color,
    names: new Map(placed.map(({ tree }) => [tree.span.spanId, `${titleOf(tree.span)} on ${clean(tree.span.node)}`])),
  };
}
