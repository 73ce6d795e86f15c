// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import { FLEET_CONFIG } from '../config/fleet-config.ts';
import { configSchemas } from '../config/json-schema.ts';
import { maskSecrets } from '../config/mask-secrets.ts';
import { NODE_CONFIG } from '../config/node-config.ts';
import { readConfig } from '../config/parse-config.ts';
import { EXIT_STATUS } from './exit-status.ts';
import type { Terminal } from './terminal.ts';

/** The two kinds of file we read. */
export type ConfigKind = 'node' | 'fleet';

/** `aiflow config validate FILE`: silent success on standard output but for one line, else every problem. */
export async function validateConfig(terminal: Terminal, file: string, kind: ConfigKind): Promise<number> {
  await readEither(terminal, file, kind);
  terminal.out(`${file}: valid ${kind} file\n`);
  return EXIT_STATUS.ok;
}

/** `aiflow config show FILE`: the effective configuration with secrets masked. */
export async function showConfig(terminal: Terminal, file: string, kind: ConfigKind): Promise<number> {
  terminal.out(stringify(maskSecrets(await readEither(terminal, file, kind))));
  return EXIT_STATUS.ok;
}

/** `aiflow config schema`: the published JSON schema of a file. */
export function printSchema(terminal: Terminal, kind: ConfigKind): number {
  terminal.out(`${JSON.stringify(configSchemas()[`${kind}.schema.json`], null, 2)}\n`);
  return EXIT_STATUS.ok;
}

function readEither(terminal: Terminal, file: string, kind: ConfigKind): Promise<unknown> {
  const options = { environment: terminal.environment };
  return kind === 'fleet' ? readConfig(file, FLEET_CONFIG) : readConfig(file, NODE_CONFIG, options);
}
