// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes an empty folder of its own under the system's temporary folder, named `aiflow-<label>-XXXXXX`. */
export function makeTemporaryFolder(label: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `aiflow-${label}-`));
}

/** Removes a folder and what is in it. One that is already gone is fine; a file written meanwhile is retried. */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}
