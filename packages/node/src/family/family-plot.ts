// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat, FamilyManifest } from '@aiflow/model';
import { chanceOf, type FamilyRow, FORMATS, rowsOf } from './family-rows.ts';
import type { MeasuredCell, MeasuredFamily } from './measured-family.ts';
import { drawLegend, drawPanel, type PlotSeries, svg, text } from './svg-panel.ts';

/** Light to dark, as rungs grow. */
const RUNG_COLORS = ['#9ecae1', '#4292c6', '#08519c'];
const FORMAT_COLORS: Readonly<Record<ComputeFormat, string>> = { fp32: '#08519c', int8: '#d9730d', int4: '#2e8b57' };

const WIDTH = 1080;
const HEIGHT = 390;
const TOP = 92;
const PANEL = { width: 270, height: 220 };

/** Score and cost over depth and rung, as an SVG file. */
export function drawFamily(manifest: FamilyManifest, measured: MeasuredFamily): string {
  const rows = rowsOf(manifest, measured);
  const depths = manifest.exits.map(({ depth }) => depth);
  const scores = seriesBy(rows, cell => cell.mean * 100);
  const times = seriesBy(rows, cell => cell.msPerToken);
  const level = { y: chanceOf(measured) * 100, name: 'guessing' };
  const place = (index: number): { left: number; top: number; width: number; height: number } => ({
    ...PANEL,
    left: 52 + index * 352,
    top: TOP,
  });
  const title = `${manifest.family} ${manifest.version}: score and cost over depth and rung`;
  return svg(title, { width: WIDTH, height: HEIGHT }, [
    text(title, { x: 20, y: 26, size: 15, weight: 600 }),
    drawLegend(scores, { left: 20, top: 48 }),
    drawPanel(
      { title: 'score (per cent)', xTitle: 'exit depth (layers)', xTicks: depths, series: scores, yMax: 100, level },
      place(0),
    ),
    drawPanel(
      { title: 'milliseconds a token', xTitle: 'exit depth (layers)', xTicks: depths, series: times },
      place(1),
    ),
    drawPanel(
      {
        title: 'score (per cent) over bytes to load',
        xTitle: 'megabytes',
        xTicks: [0, 5, 10, 15, 20],
        series: overBytes(rows),
        yMax: 100,
      },
      place(2),
    ),
  ]);
}

/** A line a rung in fp32, and one for each other format at the last rung. */
function seriesBy(rows: readonly FamilyRow[], read: (cell: MeasuredCell) => number | undefined): readonly PlotSeries[] {
  const rungs = [...new Set(rows.map(({ rung }) => rung))];
  const last = Math.max(...rungs);
  const lineOf = (
    name: string,
    style: Pick<PlotSeries, 'color' | 'dashed'>,
    cells: readonly (MeasuredCell | undefined)[],
  ): PlotSeries[] => {
    const points = cells.flatMap(cell => {
      const y = cell === undefined ? undefined : read(cell);
      return cell === undefined || y === undefined ? [] : [{ x: cell.exit, y }];
    });
    return points.length === 0 ? [] : [{ name, ...style, points }];
  };
  const ofRung = (rung: number): readonly FamilyRow[] => rows.filter(row => row.rung === rung);
  return [
    ...rungs.flatMap(rung =>
      lineOf(
        `fp32, ${rung === last ? 'whole block' : `rung ${rung}`}`,
        { color: colorOf(rung, last) },
        ofRung(rung).map(({ cells }) => cells.fp32),
      ),
    ),
    ...FORMATS.filter(format => format !== 'fp32').flatMap(format =>
      lineOf(
        `${format}, whole block`,
        { color: FORMAT_COLORS[format], dashed: true },
        ofRung(last).map(({ cells }) => cells[format]),
      ),
    ),
  ];
}

/** A line a exit, from its smallest rung to its largest. */
function overBytes(rows: readonly FamilyRow[]): readonly PlotSeries[] {
  const exits = [...new Set(rows.map(({ exit }) => exit))];
  return exits.flatMap(exit => {
    const own = rows.filter(row => row.exit === exit);
    const points = own.flatMap(({ bytes, cells, isLast }) => {
      const score = cells.fp32?.mean;
      return score === undefined
        ? []
        : [{ x: bytes / 1e6, y: score * 100, ...(isLast ? { label: `exit ${exit}` } : {}) }];
    });
    return points.length === 0 ? [] : [{ name: `exit ${exit}`, color: '#08519c', points }];
  });
}

function colorOf(rung: number, last: number): string {
  return RUNG_COLORS[RUNG_COLORS.length - 1 - (last - rung)] ?? '#9ecae1';
}
