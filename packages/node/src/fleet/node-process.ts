// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FleetProcess, ProcessGroup } from '@aiflow/lab';
import pc from 'picocolors';
import { formatLogLine } from '../cli/format-log-line.ts';
import type { FleetNodeConfig } from '../config/fleet-config.ts';
import { cacheFolder } from './cache-folder.ts';
import type { EmulatedLinks } from './emulated-links.ts';
import { type FleetBroker, renderNodeFile, resolvePaths } from './node-file.ts';
import { awaitReadyLine, type ReadyWatch } from './ready-line.ts';

const PLAIN = pc.createColors(false);
const COMMAND_FILE = fileURLToPath(new URL('../bin/aiflow.js', import.meta.url));

/** What the processes of a fleet are started with. */
export interface NodeProcessOptions {
  /** The fleet's file: paths in it are relative to its folder. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Hears each line of a node's log. */
  readonly onLog?: (node: string, line: string) => void;
  /** How long one node may take to join. Default 60 000: the first start builds the model's graphs. */
  readonly readyLimitMs?: number;
  /** The built `aiflow` that runs the nodes. Default the one beside this module. */
  readonly commandFile?: string;
}

/** A node process of a running fleet. */
export interface FleetProcessInfo {
  readonly node: string;
  readonly tier: string;
  readonly pid: number;
  readonly healthUrl: string;
  /** By which programs on this machine reach it, if its door is enabled. */
  readonly doorSocket: string | undefined;
  /** The file it was started with: `aiflow node --config` on it brings back a node that died, under the same key. */
  readonly configFile: string;
}

/** A process that was started here. */
export interface NodeProcess {
  readonly info: FleetProcessInfo;
  readonly child: FleetProcess;
}

/** Where a node's process belongs. */
export interface NodePlace {
  readonly fleet: string;
  readonly options: NodeProcessOptions;
  /** Whether the fleet goes on when it dies. */
  readonly mayEnd: boolean;
  readonly group: ProcessGroup;
  readonly address: FleetBroker;
  readonly links: EmulatedLinks;
}

/** Starts `aiflow node` for one node of a fleet; resolves when it has joined. */
export async function startNodeProcess(node: FleetNodeConfig, place: NodePlace): Promise<NodeProcess> {
  const { group, options, mayEnd } = place;
  const file = await writeNodeFile(node, place);
  const ready: ReadyWatch = awaitReadyLine(node.name);
  const child = await group.start(
    {
      name: node.name,
      command: process.execPath,
      args: [options.commandFile ?? COMMAND_FILE, 'node', '--config', file],
      onLine: line => {
        if (line.stream === 'stdout') ready.take(line.text);
        else options.onLog?.(node.name, line.text);
      },
      quoteLine: line => (ready.isReadyLine(line) ? undefined : formatLogLine(node.name, line, PLAIN)),
      isReady: signal => ready.wait(signal),
      readyLimitMs: options.readyLimitMs ?? 60_000,
      mayEnd,
      graceMs: 5000,
    },
    options.signal,
  );
  const { healthUrl, doorSocket } = ready.line();
  return { child, info: { node: node.name, tier: node.tier, pid: child.pid, healthUrl, doorSocket, configFile: file } };
}

async function writeNodeFile(
  node: FleetNodeConfig,
  { fleet, options, group, address, links }: NodePlace,
): Promise<string> {
  const folder = join(group.folder, node.name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'node.yaml');
  const text = renderNodeFile(resolvePaths(node, dirname(resolve(options.file))), {
    fleet,
    broker: { ...address, url: links.urlOf(node.name) },
    stateFolder: join(folder, 'state'),
    cacheFolder: cacheFolder(options.environment),
  });
  await writeFile(file, text, { mode: 0o600 });
  return file;
}
