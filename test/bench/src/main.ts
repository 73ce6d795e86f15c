// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { answersCase } from './answers/answers-case.ts';
import { askCase } from './ask/ask-case.ts';
import { batchingCase } from './batching/batching-case.ts';
import { cellsCase } from './decode/cells-case.ts';
import { decodeCase } from './decode/decode-case.ts';
import { gridCase } from './decode/grid-case.ts';
import { engineCase } from './engine/engine-case.ts';
import type { BenchCase } from './harness/bench-case.ts';
import { benchFolder, repositoryFolder } from './harness/bench-folder.ts';
import { buildRows } from './harness/build-rows.ts';
import { type BenchCommand, parseCommand, usage } from './harness/command-line.ts';
import { formatTable } from './harness/format-table.ts';
import { makeRecording, readRecording, recordingPath, writeRecording } from './harness/recording-file.ts';
import { writeResultsPage } from './harness/results-page.ts';
import type { Measurement, Row } from './harness/row.ts';
import { offlineCase } from './offline/offline-case.ts';
import { tunnelCase } from './offline/real-case.ts';
import { relayCase } from './relay/relay-case.ts';

const cases: readonly BenchCase[] = [
  askCase,
  engineCase,
  decodeCase,
  gridCase,
  cellsCase,
  batchingCase,
  relayCase,
  answersCase,
  offlineCase,
  tunnelCase,
];

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));

const command = readCommand();
const selected = cases.filter(({ name }) => command.cases.length === 0 || command.cases.includes(name));
const rows: Row[] = [];
for (const benchCase of selected) {
  const found = await runCase(benchCase, command);
  rows.push(...found);
  if (!command.json)
    process.stdout.write(`${benchCase.name}: ${benchCase.title}\n\n${formatTable(found, 'plain')}\n\n`);
}
if (command.record && !stop.signal.aborted)
  await writeResultsPage(join(repositoryFolder, 'docs/bench/results.md'), cases, benchFolder);
if (command.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
process.exitCode = stop.signal.aborted ? 130 : 0;

function readCommand(): BenchCommand {
  try {
    return parseCommand(
      process.argv.slice(2),
      cases.map(({ name }) => name),
    );
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}\n`);
    process.exit(2);
  }
}

async function runCase(benchCase: BenchCase, { quick, record }: BenchCommand): Promise<readonly Row[]> {
  const { name, rows: plan } = benchCase;
  const path = recordingPath(benchFolder, name);
  const recording = await readRecording(path);
  const measurements = await measure(benchCase, quick);
  const found = buildRows({ case: name, plan, measurements, quick, recording });
  if (record && !stop.signal.aborted) await writeRecording(path, makeRecording(name, found, repositoryFolder));
  return found;
}

/** A case that breaks leaves its rows unmeasured and says why; the other cases still run. */
async function measure(benchCase: BenchCase, quick: boolean): Promise<ReadonlyMap<string, Measurement>> {
  const progress = (line: string): void => void process.stderr.write(`bench ${benchCase.name}: ${line}\n`);
  try {
    stop.signal.throwIfAborted();
    return await benchCase.run({ quick, progress, signal: stop.signal });
  } catch (error) {
    progress(`broke off: ${error instanceof Error ? error.stack : error}`);
    const reason = error instanceof Error ? error.message : String(error);
    return new Map(benchCase.rows.map(({ metric }) => [metric, { unavailable: reason }]));
  }
}
