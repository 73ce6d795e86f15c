// SPDX-License-Identifier: Apache-2.0
import type { PlanKind } from '@aiflow/placement';
import type { RowPlan } from '../harness/row.ts';
import { EDGE_LINK } from './grid-cell.ts';

/** Questions asked of the real processes in every cell, each in every mode. */
export const CELL_ROUNDS = { full: 5, quick: 2 } as const;

/** One cell that runs as processes; there is an edge in each. */
export interface RealCell {
  readonly deviceFactor: number;
  readonly rttMs: number;
  readonly mbitPerSecond: number;
}

/** Cells of one fleet stand together. */
export const REAL_CELLS: readonly RealCell[] = [
  { deviceFactor: 1, rttMs: 0, mbitPerSecond: 10 },
  { deviceFactor: 1, rttMs: 20, mbitPerSecond: 1 },
  { deviceFactor: 1, rttMs: 80, mbitPerSecond: 10 },
  { deviceFactor: 1, rttMs: 150, mbitPerSecond: 1 },
  { deviceFactor: 3, rttMs: 0, mbitPerSecond: 1 },
  { deviceFactor: 3, rttMs: 20, mbitPerSecond: 10 },
  { deviceFactor: 3, rttMs: 80, mbitPerSecond: 1 },
  { deviceFactor: 3, rttMs: 150, mbitPerSecond: 10 },
];

/** How a question is asked. */
export type CellMode = 'cloud-only' | 'two' | 'three' | 'auto';

/** Modes, what they are called, and the kinds of plan that each allows. */
export const CELL_MODES: Readonly<Record<CellMode, { readonly title: string; readonly kinds: readonly PlanKind[] }>> = {
  'cloud-only': { title: 'cloud alone', kinds: ['hand-over'] },
  two: { title: 'device and cloud', kinds: ['two-tiers'] },
  three: { title: 'three tiers', kinds: ['three-tiers'] },
  auto: { title: 'ours', kinds: ['local', 'two-tiers', 'three-tiers', 'pull', 'hand-over'] },
};
export const ALL_CELL_MODES = Object.keys(CELL_MODES) as readonly CellMode[];

/** How a cell is asked: an edge that is further away than the cloud judges for nobody, so there are no three tiers there. */
export function modesOf({ rttMs }: RealCell): readonly CellMode[] {
  return ALL_CELL_MODES.filter(mode => mode !== 'three' || rttMs >= EDGE_LINK.rttMs);
}

export const SAME_CHOICE = 'share of our answers made the way that virtual time took most often';
export const PACE = 'computing time of the answers over what the nodes stated after their start';
export const TEXT_MISMATCHES = 'answers whose text differs from the cloud alone';
export const CALM_ROUND_TRIP = 'calm link: round trip from device to cloud, broker and loopback';

export function nameRealCell({ deviceFactor, rttMs, mbitPerSecond }: RealCell): string {
  return `device ${deviceFactor}x, ${mbitPerSecond} Mbit/s, RTT ${rttMs} ms`;
}

export function realMetric(cell: RealCell, mode: CellMode): string {
  return `${nameRealCell(cell)}: ${CELL_MODES[mode].title}, real`;
}

export function virtualMetric(cell: RealCell, mode: CellMode): string {
  return `${nameRealCell(cell)}: ${CELL_MODES[mode].title}, virtual time`;
}

/** What the case `cells` shows. */
export const cellsRows: readonly RowPlan[] = [
  ...REAL_CELLS.flatMap(cell =>
    modesOf(cell).flatMap((mode): readonly RowPlan[] => {
      const baseline = virtualMetric(cell, mode);
      return [
        { metric: baseline, unit: 'ms an answer', quick: false },
        {
          metric: realMetric(cell, mode),
          unit: 'ms an answer',
          baseline,
          quick: false,
          aim: { of: 'ratio', atLeast: 0.8, atMost: 1.2 },
        },
      ];
    }),
  ),
  { metric: SAME_CHOICE, unit: 'share' },
  { metric: PACE, unit: 'x' },
  { metric: CALM_ROUND_TRIP, unit: 'ms' },
  { metric: TEXT_MISMATCHES, unit: 'count', aim: { of: 'value', atMost: 0 } },
];
