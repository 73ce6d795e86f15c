// SPDX-License-Identifier: Apache-2.0
//
// `node offline-page-process.js`: writes the figures in docs/offline.md from the recordings of the cases.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchFolder, repositoryFolder } from '../harness/bench-folder.ts';
import { readRecording, recordingPath } from '../harness/recording-file.ts';
import { writeMeasured } from './offline-page.ts';

const path = join(repositoryFolder, 'docs/offline.md');
const [hours, processes] = await Promise.all(
  ['offline', 'tunnel'].map(name => readRecording(recordingPath(benchFolder, name))),
);
await writeFile(path, writeMeasured(await readFile(path, 'utf8'), { hours, processes }));
