// SPDX-License-Identifier: Apache-2.0
//
// A fleet on this machine: a broker of its own and one process for each node.
//
// F1  Nodes are separate processes; this one only starts, watches and ends them.
// F2  Whatever ends the fleet (Ctrl-C, the death of a child, a failed start) ends all of it, and leaves no process, port or file.
// F3  The broker asks for a password made up for this run, so that other programs on the machine are no members by accident.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createProcessGroup,
  type FleetProcess,
  findBrokerBinary,
  type LaunchedBroker,
  launchBroker,
  type ProcessGroup,
} from '@aiflow/lab';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import pc from 'picocolors';
import { formatLogLine } from '../cli/format-log-line.ts';
import { type RunFile, runFolder, writeRunFile } from '../client/run-file.ts';
import type { FleetConfig, FleetNodeConfig } from '../config/fleet-config.ts';
import { createTeardown, type Teardown } from '../daemon/teardown.ts';
import { cacheFolder } from './cache-folder.ts';
import { type EmulatedLinks, openLinks } from './emulated-links.ts';
import { type FleetBroker, renderNodeFile, resolvePaths } from './node-file.ts';
import { awaitReadyLine, type ReadyWatch } from './ready-line.ts';

const PLAIN = pc.createColors(false);

/** What a fleet is started with. */
export interface StartFleetOptions {
  /** The fleet's file: paths in it are relative to its folder. */
  readonly file: string;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Hears what happens, one line at a time. */
  readonly onProgress?: (line: string) => void;
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
  /** The file it was started with: `aiflow node --config` on it brings back a node that died, under the same key. */
  readonly configFile: string;
}

/** A fleet that is up. Disposing it ends it. */
export interface RunningFleet extends AsyncDisposable {
  readonly run: RunFile;
  readonly brokerVersion: string | undefined;
  readonly processes: readonly FleetProcessInfo[];
  /** The links of nodes that have an emulated one, by node. */
  readonly links: EmulatedLinks;
  /** The broker, when it is the fleet's own. */
  readonly broker: LaunchedBroker | undefined;
  /**
   * SIGKILLs a node, as in a crash: unless `nodesMayEnd` was set, the fleet ends with it. Throws `not-found` for a name
   * that no node has.
   */
  kill(node: string): void;
  /** Settles when the fleet has ended, with the failure that ended it. */
  readonly ended: Promise<AiflowError | undefined>;
}

/** Settings that tests and the lab use. */
export interface FleetBehaviour {
  /** Whether the fleet goes on when a node dies. Default false. */
  readonly nodesMayEnd?: boolean;
}

/** Starts every node of `config` and resolves when all have joined. Whatever was begun is undone when it fails. */
export async function startFleet(
  config: FleetConfig,
  options: StartFleetOptions,
  behaviour: FleetBehaviour = {},
): Promise<RunningFleet> {
  const teardown = createTeardown();
  try {
    return await assemble(config, { ...options, ...behaviour }, teardown);
  } catch (error) {
    await teardown[Symbol.asyncDispose]();
    throw error;
  }
}

type Settings = StartFleetOptions & FleetBehaviour;

async function assemble(config: FleetConfig, options: Settings, teardown: Teardown): Promise<RunningFleet> {
  const { clock, environment, onProgress = () => undefined } = options;
  const { broker, address } = await openBroker(config, options, teardown);
  const run: RunFile = {
    fleet: config.fleet,
    ...address,
    pid: process.pid,
    startedAt: new Date(clock.wallMs()).toISOString(),
  };
  teardown.use(await writeRunFile(runFolder(environment), run));
  const links = teardown.use(await openLinks(clock, config.nodes, address.url));
  const group = teardown.use(await createProcessGroup({ clock }, { endOnSignals: [] }));
  const place: NodePlace = { config, options, group, address, links };
  const started = await Promise.all(
    config.nodes.map(async node => {
      const nodeProcess = await startNodeProcess(node, place);
      onProgress(`${node.name} (${node.tier}) is ready, process ${nodeProcess.info.pid}`);
      return nodeProcess;
    }),
  );
  return {
    run,
    brokerVersion: broker?.version,
    processes: started.map(({ info }) => info),
    links,
    broker,
    kill: node => findNode(started, node).child.kill(),
    ended: endOf(group, broker),
    [Symbol.asyncDispose]: () => teardown[Symbol.asyncDispose](),
  };
}

/** F2: the broker's death ends the nodes as well. */
function endOf(group: ProcessGroup, broker: LaunchedBroker | undefined): Promise<AiflowError | undefined> {
  let brokerFailure: AiflowError | undefined;
  void broker?.died.then(failure => {
    brokerFailure = failure;
    return group.stop(failure.message);
  });
  return group.ended.then(end => end.failure ?? brokerFailure);
}

interface NodeProcess {
  readonly info: FleetProcessInfo;
  readonly child: FleetProcess;
}

function findNode(started: readonly NodeProcess[], name: string): NodeProcess {
  const found = started.find(({ info }) => info.node === name);
  if (found) return found;
  const known = started.map(({ info }) => info.node).join(', ');
  throw new AiflowError('not-found', `this fleet has no node '${name}': its nodes are ${known}`);
}

async function openBroker(
  config: FleetConfig,
  options: Settings,
  teardown: Teardown,
): Promise<{ readonly broker: LaunchedBroker | undefined; readonly address: FleetBroker }> {
  const { clock, environment, signal, onProgress = () => undefined } = options;
  if (config.broker.url !== undefined) return { broker: undefined, address: { url: config.broker.url } };
  const binary = await findBrokerBinary({ env: environment, onProgress }, signal);
  const password = randomBytes(18).toString('base64url');
  const authorization = `authorization { user: "fleet", password: "${password}" }\n`; // F3
  const broker = teardown.use(await launchBroker({ clock, binary }, { config: authorization, signal }));
  onProgress(`nats-server ${broker.version} (${binary.origin}) listens on ${broker.url}`);
  return { broker, address: { url: broker.url, user: 'fleet', password } };
}

interface NodePlace {
  readonly config: FleetConfig;
  readonly options: Settings;
  readonly group: ProcessGroup;
  readonly address: FleetBroker;
  readonly links: EmulatedLinks;
}

async function startNodeProcess(node: FleetNodeConfig, place: NodePlace): Promise<NodeProcess> {
  const { group, options } = place;
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
      mayEnd: options.nodesMayEnd === true,
      graceMs: 5000,
    },
    options.signal,
  );
  const { healthUrl } = ready.line();
  return { child, info: { node: node.name, tier: node.tier, pid: child.pid, healthUrl, configFile: file } };
}

const COMMAND_FILE = fileURLToPath(new URL('../bin/aiflow.js', import.meta.url));

async function writeNodeFile(
  node: FleetNodeConfig,
  { config, options, group, address, links }: NodePlace,
): Promise<string> {
  const folder = join(group.folder, node.name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'node.yaml');
  const text = renderNodeFile(resolvePaths(node, dirname(resolve(options.file))), {
    fleet: config.fleet,
    broker: { ...address, url: links.urlOf(node.name) },
    stateFolder: join(folder, 'state'),
    cacheFolder: cacheFolder(options.environment),
  });
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

/** Throws unless the fleet's file asks for something this machine can do. */
export function checkFleet(config: FleetConfig): void {
  const linked = config.nodes.filter(node => node.link !== undefined);
  if (config.broker.url !== undefined && linked.length > 0) {
    const names = linked.map(node => node.name).join(', ');
    throw new AiflowError(
      'invalid-argument',
      `emulated links (${names}) need a broker of our own: remove broker.url or the links`,
    );
  }
}
