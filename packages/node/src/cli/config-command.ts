// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import { FLEET_CONFIG } from '../config/fleet-config.ts';
import { configSchemas } from '../config/json-schema.ts';
import { maskSecrets } from '../config/mask-secrets.ts';
import { NODE_CONFIG } from '../config/node-config.ts';
import { hasTopLevel, readConfig } from '../config/parse-config.ts';
import { SIMULATION_CONFIG } from '../simulation/simulation-config.ts';
import { EXIT_STATUS } from './exit-status.ts';
import type { Terminal } from './terminal.ts';

/** The kinds of file we read. */
export type ConfigKind = 'node' | 'fleet' | 'simulation';

/** `aiflow config validate FILE`: silent success on standard output but for one line, else every problem. */
export async function validateConfig(terminal: Terminal, file: string, wanted?: ConfigKind): Promise<number> {
  const { kind } = await readAny(terminal, file, wanted);
  terminal.out(`${file}: valid ${kind} file\n`);
  return EXIT_STATUS.ok;
}

/** `aiflow config show FILE`: the effective configuration with secrets masked. */
export async function showConfig(terminal: Terminal, file: string, wanted?: ConfigKind): Promise<number> {
  terminal.out(stringify(maskSecrets((await readAny(terminal, file, wanted)).config)));
  return EXIT_STATUS.ok;
}

/** `aiflow config schema`: the published JSON schema of a file. */
export function printSchema(terminal: Terminal, kind: ConfigKind): number {
  terminal.out(`${JSON.stringify(configSchemas()[`${kind}.schema.json`], null, 2)}\n`);
  return EXIT_STATUS.ok;
}

async function readAny(
  terminal: Terminal,
  file: string,
  wanted: ConfigKind | undefined,
): Promise<{ readonly kind: ConfigKind; readonly config: unknown }> {
  const kind = wanted ?? (await kindOf(file));
  if (kind === 'fleet') return { kind, config: await readConfig(file, FLEET_CONFIG) };
  if (kind === 'simulation') return { kind, config: await readConfig(file, SIMULATION_CONFIG) };
  return { kind, config: await readConfig(file, NODE_CONFIG, { environment: terminal.environment }) };
}

/** Fleets and simulations both list nodes; only a fleet has a name. */
async function kindOf(file: string): Promise<ConfigKind> {
  if (!(await hasTopLevel(file, 'nodes'))) return 'node';
  return (await hasTopLevel(file, 'fleet')) ? 'fleet' : 'simulation';
}
