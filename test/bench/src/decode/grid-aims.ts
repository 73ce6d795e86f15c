// SPDX-License-Identifier: Apache-2.0
//
// What the grid should come to. Each aim is judged on the worst cell it speaks of.
import type { RowPlan } from '../harness/row.ts';
import { AGREEING_AGREEMENT } from './grid-cell.ts';
import type { GridResult } from './run-grid.ts';

/** An aim and the figure that is held against it; undefined when no cell was run that it speaks of. */
export interface GridAim {
  readonly plan: RowPlan;
  readonly worstOf: (results: readonly GridResult[]) => number | undefined;
}

type Filter = (result: GridResult) => boolean;

/** How many times faster than the cloud alone. */
export function gainOf({ fixedMs, ours }: GridResult): number {
  return (fixedMs['cloud-only'] ?? 0) / ours.ms;
}

/** The best fixed choice's time over ours. */
export function shareOfBest({ best, ours }: GridResult): number {
  return best.ms / ours.ms;
}

const gain = (cells: string, atLeast: number, filter: Filter): GridAim => ({
  plan: { metric: `least gain over the cloud alone: ${cells}`, unit: 'x', aim: { of: 'value', atLeast } },
  worstOf: results => least(results.filter(filter).map(gainOf)),
});

const isRecorded: Filter = ({ cell }) => cell.draftAgreement === undefined;
const isFast: Filter = ({ cell }) => cell.mbitPerSecond >= 1;

function at(deviceFactor: number, maxRttMs: number, hasEdge: boolean): Filter {
  return ({ cell }) => cell.deviceFactor === deviceFactor && cell.rttMs <= maxRttMs && cell.hasEdge === hasEdge;
}

function both(...filters: readonly Filter[]): Filter {
  return result => filters.every(filter => filter(result));
}

const WITH_AND_WITHOUT_EDGE = [false, true];

/** The aims, each for fleets without and with an edge, and where the rate decides for slow links apart. */
export const GRID_AIMS: readonly GridAim[] = [
  ...WITH_AND_WITHOUT_EDGE.flatMap(hasEdge => {
    const fleet = hasEdge ? 'with an edge' : 'no edge';
    const isSlow: Filter = result => !isFast(result);
    const agrees: Filter = result => !isRecorded(result);
    const percent = `${Math.round(100 * AGREEING_AGREEMENT)} %`;
    return [
      gain(`device 1x, up to 50 ms, 1 Mbit/s or more, ${fleet}`, 2, both(at(1, 50, hasEdge), isFast, isRecorded)),
      gain(`device 1x, up to 50 ms, 0.1 Mbit/s, ${fleet}`, 2, both(at(1, 50, hasEdge), isSlow, isRecorded)),
      gain(`device 1x, up to 150 ms, ${fleet}`, 1.25, both(at(1, 150, hasEdge), isRecorded)),
      gain(
        `device 3x, agreement ${percent}, up to 80 ms, 1 Mbit/s or more, ${fleet}`,
        1.25,
        both(at(3, 80, hasEdge), agrees, isFast),
      ),
      gain(
        `device 3x, agreement ${percent}, up to 80 ms, 0.1 Mbit/s, ${fleet}`,
        1.25,
        both(at(3, 80, hasEdge), agrees, isSlow),
      ),
    ];
  }),
  {
    plan: { metric: 'share of answers drafted: device 6x, no edge', unit: 'share', aim: { of: 'value', atMost: 0 } },
    worstOf: results => most(results.filter(both(at(6, 300, false), isRecorded)).map(({ ours }) => ours.draftedShare)),
  },
  {
    plan: {
      metric: 'least share of the best fixed choice: every cell',
      unit: 'share',
      aim: { of: 'value', atLeast: 0.95 },
    },
    worstOf: results => least(results.map(shareOfBest)),
  },
];

function least(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}

function most(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}
