// SPDX-License-Identifier: Apache-2.0
import type { RowPlan } from '../harness/row.ts';

/** Rounds of a cell; each asks one question in every mode. */
export const ROUNDS = { full: 8, quick: 1 } as const;

/** How many times the device's step is that of the cloud. */
export const DEVICE_FACTORS = [1, 3] as const;

/** Round trip between device and cloud; the edge is beside the device. */
export const ROUND_TRIPS_MS = [0, 20, 80] as const;

/** Who answers: always the same text, that of the deepest exit. */
export const MODES = { 'cloud-only': 'cloud alone', two: 'device and cloud', three: 'three tiers' } as const;
export type Mode = keyof typeof MODES;

/** One place of the grid. */
export interface Cell {
  readonly deviceFactor: number;
  readonly roundTripMs: number;
}

/** The grid, cells of one fleet together. */
export const CELLS: readonly Cell[] = DEVICE_FACTORS.flatMap(deviceFactor =>
  ROUND_TRIPS_MS.map(roundTripMs => ({ deviceFactor, roundTripMs })),
);

/** The metric of one mode in one cell. */
export function cellMetric({ deviceFactor, roundTripMs }: Cell, mode: Mode): string {
  return `device ${deviceFactor}x, RTT ${roundTripMs} ms: ${MODES[mode]}`;
}

export const MISMATCHES = 'answers whose text differs from the cloud alone';

function cellRows(cell: Cell): readonly RowPlan[] {
  const baseline = cellMetric(cell, 'cloud-only');
  return [
    { metric: baseline, unit: 'ms a token' },
    { metric: cellMetric(cell, 'two'), unit: 'ms a token', baseline },
    { metric: cellMetric(cell, 'three'), unit: 'ms a token', baseline },
  ];
}

/** What the case `decode` shows. The ratios have no aim yet: below 1 answering together pays, above 1 it loses. */
export const decodeRows: readonly RowPlan[] = [
  ...CELLS.flatMap(cellRows),
  { metric: MISMATCHES, unit: 'count', aim: { of: 'value', atMost: 0 } },
];
