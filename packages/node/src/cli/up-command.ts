// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { Clock } from '@aiflow/time';
import { FLEET_CONFIG } from '../config/fleet-config.ts';
import { readConfig } from '../config/parse-config.ts';
import { untilAborted } from '../daemon/until-aborted.ts';
import { checkFleet, type FleetProcessInfo, startFleet } from '../fleet/start-fleet.ts';
import { EXIT_STATUS, reportError } from './exit-status.ts';
import { formatLogLine } from './format-log-line.ts';
import { formatTable } from './format-table.ts';
import type { Terminal } from './terminal.ts';

/** The fleet file that is used when none is named: one cloud, one edge, one device. */
export const DEFAULT_FLEET_FILE: string = fileURLToPath(new URL('../../assets/fleet.yaml', import.meta.url));

/** Settings of `aiflow up`. */
export interface UpOptions {
  readonly file: string | undefined;
  readonly json: boolean;
  /** Show the nodes' whole logs as they are, JSON lines, in place of their warnings. */
  readonly logs: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** `aiflow up [FILE]`: starts a fleet and keeps it until Ctrl-C or until a part of it dies, which ends it with status 1. */
export async function runUp(terminal: Terminal, options: UpOptions): Promise<number> {
  const file = options.file ?? DEFAULT_FLEET_FILE;
  const config = await readConfig(file, FLEET_CONFIG);
  checkFleet(config);
  await using fleet = await startFleet(config, {
    ...{ file, clock: options.clock, signal: options.signal, environment: terminal.environment },
    onProgress: line => terminal.err(`${line}\n`),
    onLog: (node, line) => showLog(terminal, node, line, options.logs),
  });
  terminal.out(
    options.json
      ? `${JSON.stringify(summary(fleet.processes, fleet.run))}\n`
      : describe(terminal, config.fleet, fleet.processes),
  );
  const failure = await Promise.race([fleet.ended, untilAborted(options.signal)]);
  if (failure === undefined) return EXIT_STATUS.ok;
  return reportError(terminal, failure);
}

function showLog(terminal: Terminal, node: string, line: string, whole: boolean): void {
  const shown = whole ? line : formatLogLine(node, line, terminal.color);
  if (shown !== undefined) terminal.err(`${shown}\n`);
}

function summary(
  processes: readonly FleetProcessInfo[],
  run: { readonly fleet: string; readonly url: string },
): object {
  return { type: 'fleet-ready', fleet: run.fleet, url: run.url, pid: process.pid, nodes: processes };
}

function describe(terminal: Terminal, fleet: string, processes: readonly FleetProcessInfo[]): string {
  const table = formatTable(
    [
      { title: 'NODE', value: info => info.node },
      { title: 'TIER', value: info => info.tier },
      { title: 'PID', value: info => String(info.pid), align: 'right' },
      { title: 'HEALTH', value: info => `${info.healthUrl}/readyz` },
    ],
    processes,
  );
  return `${terminal.color.green(`fleet '${fleet}' is up`)}; Ctrl-C ends it. In another terminal: aiflow nodes\n${table}`;
}
