// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { generationName } from './generation-name.ts';
import { FORMAT_VERSION, HEADER_BYTES } from './journal-format.ts';
import type { Refusal } from './scan-journal.ts';

const START_EMPTY = 'move it away to start with an empty journal';

/** Why a file of `bytes` bytes is not read: which one, what it is, what to do. */
export function refuseFile(path: string, bytes: number, refusal: Refusal): AiflowError {
  const details = { file: path };
  if (refusal.kind === 'other-version') {
    const found = `journal ${path} has format version ${refusal.version}, this build reads ${FORMAT_VERSION}`;
    return new AiflowError('failed-precondition', `${found}: start the build that wrote it, or ${START_EMPTY}`, {
      details,
    });
  }
  const found =
    refusal.kind === 'foreign'
      ? `${path} is no journal, it begins as another file does`
      : `journal ${path} has ${bytes} bytes, its header alone has ${HEADER_BYTES}`;
  return new AiflowError('data-loss', `${found}: put back what was there, or ${START_EMPTY}`, { details });
}

/** A file whose header says another generation than its name. */
export function refuseName(path: string, generation: number): AiflowError {
  const message = `journal ${path} was renamed, its header says generation ${generation}: name it ${generationName(generation)}`;
  return new AiflowError('failed-precondition', message, { details: { file: path } });
}
