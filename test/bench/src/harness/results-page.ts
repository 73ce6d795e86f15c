// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import type { BenchCase } from './bench-case.ts';
import type { Recording } from './build-rows.ts';
import { formatTable } from './format-table.ts';
import { readRecording, recordingPath } from './recording-file.ts';

/** Writes the page that shows every recorded full run, so that the tables people read are those that programs judge. */
export async function writeResultsPage(file: string, cases: readonly BenchCase[], folder: string): Promise<void> {
  const parts = await Promise.all(
    cases.map(async benchCase => describe(benchCase, await readRecording(recordingPath(folder, benchCase.name)))),
  );
  await writeFile(file, `${INTRODUCTION}\n${parts.join('\n')}`);
}

const INTRODUCTION = `# Results

Written by \`npm run bench -- CASE --record\` from the full runs in \`test/bench/recorded/\`; how to read a row stands in
[the README](README.md). A row whose aim says NO is a missed target.
`;

/** One case as a section; a case that was never recorded says so. */
export function describe({ name, title }: Pick<BenchCase, 'name' | 'title'>, recording: Recording | undefined): string {
  if (recording === undefined) return `## ${name}\n\n${title}\n\nNot recorded yet.\n`;
  const { date, commit, machine, rows } = recording;
  return `## ${name}\n\n${title}\n\nRun of ${date} at ${commit}: ${machine}.\n\n${formatTable(rows, 'markdown')}\n`;
}
