// SPDX-License-Identifier: Apache-2.0
//
// `node decoding-page-process.js`: plays the grid, keeps it, and writes docs/decoding.md with its chart; some minutes on
// one core. `--page`: writes the page from the grid that was kept.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchFolder, repositoryFolder } from '../harness/bench-folder.ts';
import { readRecording, recordingPath } from '../harness/recording-file.ts';
import { breakEvenCurve } from './break-even.ts';
import { breakEvenChart } from './break-even-chart.ts';
import { decodingPage } from './decoding-page.ts';
import { AGREEING_CELLS, GRID_CELLS, GRID_FACTORS } from './grid-cell.ts';
import { readRecordedCosts } from './recorded-costs.ts';
import { FULL_EFFORT, type GridResult, runCell } from './run-grid.ts';

const recorded = await readRecordedCosts();
const curves = [
  ...GRID_FACTORS.map(deviceFactor => ({ deviceFactor, mbitPerSecond: 10, gain: 1 })),
  ...GRID_FACTORS.filter(factor => factor < 6).map(deviceFactor => ({ deviceFactor, mbitPerSecond: 10, gain: 1.25 })),
  ...GRID_FACTORS.filter(factor => factor < 6).map(deviceFactor => ({ deviceFactor, mbitPerSecond: 0.1, gain: 1 })),
].map(curve => breakEvenCurve(recorded, curve));
await writeFile(join(repositoryFolder, 'docs/decoding-break-even.svg'), breakEvenChart(curves));

const gridFile = join(benchFolder, 'recorded/decode-grid.json');
if (!process.argv.includes('--page')) await writeFile(gridFile, `${JSON.stringify(await playGrid(), null, 1)}\n`);
const results = JSON.parse(await readFile(gridFile, 'utf8')) as GridResult[];
const [cells, batching] = await Promise.all(
  ['cells', 'batching'].map(name => readRecording(recordingPath(benchFolder, name))),
);
await writeFile(join(repositoryFolder, 'docs/decoding.md'), decodingPage(recorded, results, { cells, batching }));

async function playGrid(): Promise<readonly GridResult[]> {
  const played: GridResult[] = [];
  const cells = [...GRID_CELLS, ...AGREEING_CELLS];
  for (const cell of cells) {
    played.push(await runCell(recorded, cell, FULL_EFFORT));
    if (played.length % 12 === 0) process.stderr.write(`${played.length} of ${cells.length} cells\n`);
  }
  return played;
}
