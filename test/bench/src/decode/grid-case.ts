// SPDX-License-Identifier: Apache-2.0
import type { BenchCase } from '../harness/bench-case.ts';
import { createRoundCollector } from '../harness/collect-rounds.ts';
import { GRID_AIMS } from './grid-aims.ts';
import { AGREEING_CELLS, GRID_CELLS, type GridCell } from './grid-cell.ts';
import { readRecordedCosts } from './recorded-costs.ts';
import { FULL_EFFORT, type GridResult, QUICK_EFFORT, runCell } from './run-grid.ts';

/** Where links and devices make answering together pay, on virtual time; `docs/decoding.md` shows every cell. */
export const gridCase: BenchCase = {
  name: 'grid',
  title:
    'one answer over every link and device of the grid, on virtual time from recorded costs: ours beside fixed choices',
  rows: GRID_AIMS.map(({ plan }) => plan),
  run: async ({ quick, progress, signal }) => {
    const rounds = createRoundCollector();
    const cells = [...GRID_CELLS, ...AGREEING_CELLS];
    const chosen = quick ? cells.filter(isCorner) : cells;
    const recorded = await readRecordedCosts();
    const results: GridResult[] = [];
    for (const cell of chosen) {
      signal.throwIfAborted();
      results.push(await runCell(recorded, cell, quick ? QUICK_EFFORT : FULL_EFFORT));
      if (results.length % 12 === 0) progress(`${results.length} of ${chosen.length} cells`);
    }
    for (const { plan, worstOf } of GRID_AIMS) {
      const value = worstOf(results);
      if (value === undefined) rounds.unavailable(plan.metric, 'no cell was run that this row speaks of');
      else rounds.add(plan.metric, value);
    }
    return rounds.measurements;
  },
};

/** Some cells of every aim. */
function isCorner({ rttMs, mbitPerSecond }: GridCell): boolean {
  return (rttMs === 20 || rttMs === 80 || rttMs === 300) && mbitPerSecond !== 10;
}
