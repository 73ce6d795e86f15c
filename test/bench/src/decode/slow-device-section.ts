// SPDX-License-Identifier: Apache-2.0
import { gainOf } from './grid-aims.ts';
import { DRAFT_EXIT, REFERENCE_EXIT } from './grid-cell.ts';
import type { RecordedCosts } from './recorded-costs.ts';
import type { GridResult } from './run-grid.ts';

/** The devices for which the aim is that nothing is drafted. */
const SLOW_FACTOR = 6;

/** What the grid says of them, beside the aim; empty where none of their cells was played. */
export function slowDeviceSection(recorded: RecordedCosts, results: readonly GridResult[]): string {
  const cells = results.filter(({ cell }) => cell.deviceFactor === SLOW_FACTOR && !cell.hasEdge);
  if (cells.length === 0) return '';
  const drafting = cells.filter(({ ours }) => ours.kind === 'two-tiers' || ours.kind === 'three-tiers');
  const off = cells.length - drafting.length;
  return `\n## A device ${SLOW_FACTOR} times slower\n
The aim says that such a device does not draft. With these costs, exit ${DRAFT_EXIT} at ${shareOfStep(recorded)} of the cloud's step,
drafting is off in ${off} of ${cells.length} cells without an edge${drafting.length === 0 ? '.' : `. ${describeDrafting(drafting)}`}

${COSTS_VARY}`;
}

const COSTS_VARY = `Costs vary from minute to minute on one machine: exit 1 was seen between 0.12 and 0.24 of the cloud's step on machines
of this kind. With 0.24, drafts that agree in 98 % gained 1.13x and more up to 80 ms for a device at 3x without an edge
(1.08x at 0.1 Mbit/s), and at 6x drafting was off in every cell without an edge. What pays is decided by what the nodes
measure, not by this page.
`;

function shareOfStep({ costs }: RecordedCosts): string {
  return ((costs[DRAFT_EXIT]?.stepMs ?? Number.NaN) / (costs[REFERENCE_EXIT]?.stepMs ?? Number.NaN)).toFixed(2);
}

/** Where it goes on, with the cells in which that was no gain. */
function describeDrafting(drafting: readonly GridResult[]): string {
  const gains = drafting.map(gainOf);
  const [least, most] = [Math.min(...gains), Math.max(...gains)];
  const losing = drafting.filter(result => gainOf(result) < 1);
  const summary = `It stays on in the other ${drafting.length}, where ours is ${least.toFixed(2)} (least) to ${most.toFixed(2)} (most) times as fast as the cloud alone.`;
  if (losing.length === 0) return `${summary} It gains in all of them.`;
  const where = losing.map(({ cell }) => `${cell.mbitPerSecond} Mbit/s at ${cell.rttMs} ms`).join(', ');
  return `${summary} It gains in ${drafting.length - losing.length} of them and loses in ${losing.length} (${where}), by ${(100 * (1 - least)).toFixed(1)} % at most: less than the estimates, which decide, are sure of.`;
}
