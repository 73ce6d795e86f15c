// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where built graphs are kept between runs: `$XDG_CACHE_HOME/aiflow/graphs`, else `~/.cache/aiflow/graphs`. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'aiflow', 'graphs');
}
