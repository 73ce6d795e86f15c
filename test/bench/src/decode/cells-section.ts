// SPDX-License-Identifier: Apache-2.0
import type { Recording } from '../harness/build-rows.ts';
import type { Row } from '../harness/row.ts';
import {
  ALL_CELL_MODES,
  CALM_ROUND_TRIP,
  CELL_MODES,
  CELL_ROUNDS,
  type CellMode,
  modesOf,
  nameRealCell,
  PACE,
  REAL_CELLS,
  type RealCell,
  realMetric,
  SAME_CHOICE,
} from './cells-rows.ts';

const WITHIN = 0.2;

/** What the recorded run of the case `cells` says; that there is none, where there is none. */
export function cellsSection(recording: Recording | undefined): string {
  if (recording === undefined)
    return `${HOW_CELLS_RUN}\nNo full run is recorded yet: \`npm run bench -- cells --record\`.\n`;
  const rowOf = (metric: string): Row | undefined => recording.rows.find(row => row.metric === metric);
  const ratios = REAL_CELLS.flatMap(cell => modesOf(cell).map(mode => rowOf(realMetric(cell, mode))?.ratio ?? null));
  const near = ratios.filter(ratio => ratio !== null && Math.abs(ratio - 1) <= WITHIN);
  const calmMs = rowOf(CALM_ROUND_TRIP)?.value;
  const same = rowOf(SAME_CHOICE)?.value;
  return `${HOW_CELLS_RUN}
${head()}
${REAL_CELLS.map(cell => line([nameRealCell(cell), ...ALL_CELL_MODES.map(mode => figuresOf(cell, mode, rowOf(realMetric(cell, mode))))])).join('\n')}

Milliseconds an answer: real / virtual (real over virtual), medians. ${near.length} of ${ratios.length} agree within ${100 * WITHIN} %. In ${show(same, 100)} %
of our answers (median over cells) the real planner took the way that virtual time took most often. The link without
delay and limit took ${show(calmMs)} ms there and back, through broker and loopback; virtual time knows nothing of them.
Computing took ${range(rowOf(PACE))} times what the nodes had stated, as they measure while others start beside them.
Recorded on ${recording.date} at ${recording.commit}, ${recording.machine}.
`;
}

const HOW_CELLS_RUN = `The grid foretells. These cells also ran as processes: three nodes and a broker on one machine, an emulated link between
the cloud and the others, every node made three times slower by sleeping so that none waits for another's core. The
device holds exit 1, the edge exit 5, the cloud exit 11; each asks the same ${CELL_ROUNDS.full} questions in every way, cut at 60 tokens,
and every way gave the same text; there are no three tiers where the edge is further away than the cloud. Beside them virtual time with the cost curves that these nodes stated after their start,
scaled to the computing time they reported with these answers, the emulated delay and rate, and the answers' acceptance.
`;

function head(): string {
  const titles = ['cell', ...ALL_CELL_MODES.map(mode => CELL_MODES[mode].title)];
  return `${line(titles)}\n${line(titles.map(() => '---'))}`;
}

function figuresOf(cell: RealCell, mode: CellMode, row: Row | undefined): string {
  return modesOf(cell).includes(mode) ? pair(row) : '-';
}

function pair(row: Row | undefined): string {
  const { value = null, baseline = null, ratio = null } = row ?? {};
  if (value === null || baseline === null || ratio === null) return 'not measured';
  const figures = `${Math.round(value)} / ${Math.round(baseline)} (${ratio.toFixed(2)})`;
  return Math.abs(ratio - 1) <= WITHIN ? figures : `**${figures}**`;
}

function show(value: number | null | undefined, times = 1): string {
  return value === null || value === undefined ? 'unknown' : (value * times).toFixed(times === 1 ? 1 : 0);
}

function range(row: Row | undefined): string {
  const [least, most] = row?.spread ?? [];
  return least === undefined || most === undefined ? 'unknown' : `${least.toFixed(2)} to ${most.toFixed(2)}`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
