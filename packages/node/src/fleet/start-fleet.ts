// SPDX-License-Identifier: Apache-2.0
//
// A fleet on this machine: a broker of its own and one process for each node.
//
// F1  Nodes are separate processes; this one only starts, watches and ends them.
// F2  Whatever ends the fleet (Ctrl-C, the death of a child, a failed start) ends all of it, and leaves no process, port or file.
// F3  The broker asks for a password made up for this run, so that other programs on the machine are no members by accident.
import { createProcessGroup, type LaunchedBroker, type ProcessGroup } from '@aiflow/lab';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { type RunFile, runFolder, writeRunFile } from '../client/run-file.ts';
import type { FleetConfig } from '../config/fleet-config.ts';
import { createTeardown, type Teardown } from '../daemon/teardown.ts';
import { type EmulatedLinks, openLinks } from './emulated-links.ts';
import { openBroker } from './fleet-broker.ts';
import {
  type FleetProcessInfo,
  type NodePlace,
  type NodeProcess,
  type NodeProcessOptions,
  startNodeProcess,
} from './node-process.ts';

export type { FleetProcessInfo } from './node-process.ts';

/** What a fleet is started with. */
export interface StartFleetOptions extends NodeProcessOptions {
  readonly clock: Clock;
  /** Hears what happens, one line at a time. */
  readonly onProgress?: (line: string) => void;
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
  const { broker, address } = await openBroker(config.broker.url, options);
  if (broker !== undefined) teardown.use(broker);
  const run: RunFile = {
    fleet: config.fleet,
    ...address,
    pid: process.pid,
    startedAt: new Date(clock.wallMs()).toISOString(),
  };
  teardown.use(await writeRunFile(runFolder(environment), run));
  const links = teardown.use(await openLinks(clock, config.nodes, address.url));
  const group = teardown.use(await createProcessGroup({ clock }, { endOnSignals: [] }));
  const mayEnd = options.nodesMayEnd === true;
  const place: NodePlace = { fleet: config.fleet, options, mayEnd, group, address, links };
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

function findNode(started: readonly NodeProcess[], name: string): NodeProcess {
  const found = started.find(({ info }) => info.node === name);
  if (found) return found;
  const known = started.map(({ info }) => info.node).join(', ');
  throw new AiflowError('not-found', `this fleet has no node '${name}': its nodes are ${known}`);
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
