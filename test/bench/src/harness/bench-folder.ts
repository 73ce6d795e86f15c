// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';

/** test/bench, from the compiled file's place in test/bench/dist/harness. */
export const benchFolder: string = join(import.meta.dirname, '../..');

/** The clone's root. */
export const repositoryFolder: string = join(benchFolder, '../..');
