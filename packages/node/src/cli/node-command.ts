// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { writeDoorFile } from '../client/door-file.ts';
import { runFolder } from '../client/run-file.ts';
import { NODE_CONFIG, type NodeConfig } from '../config/node-config.ts';
import { readConfig } from '../config/parse-config.ts';
import { createLog } from '../daemon/create-log.ts';
import { letHeapGrow } from '../daemon/small-heap.ts';
import { type RunningNode, startNode } from '../daemon/start-node.ts';
import { untilAborted } from '../daemon/until-aborted.ts';
import { EXIT_STATUS } from './exit-status.ts';
import type { Terminal } from './terminal.ts';

/** Settings of `aiflow node`. */
export interface NodeCommandOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What the daemon prints on standard output, once, when it serves: for whoever started it. */
export interface NodeReadyLine {
  readonly type: 'node-ready';
  /** Whether it has joined its mesh. If not, a {@link NodeJoinedLine} follows when it has. */
  readonly joined: boolean;
  readonly node: string;
  readonly pid: number;
  readonly healthUrl: string;
  /** By which programs on this machine reach it. */
  readonly doorSocket?: string;
}

/** What the daemon prints when it has joined after it served alone. */
export interface NodeJoinedLine {
  readonly type: 'node-joined';
  readonly node: string;
}

/** `aiflow node --config FILE`: runs until a signal, drains, and leaves. A name conflict ends it with `already-exists`. */
export async function runNode(terminal: Terminal, options: NodeCommandOptions): Promise<number> {
  const { clock, signal } = options;
  const config = await readConfig(options.file, NODE_CONFIG, { environment: terminal.environment });
  const { name, tier } = config.node;
  if (tier !== 'device') letHeapGrow();
  const logger = createLog({ fleet: config.fleet, node: name, tier }, { level: config.log.level });
  await using node = await startNode(config, {
    configFile: options.file,
    clock,
    logger,
    signal,
    environment: terminal.environment,
  });
  await using _doorFile = await listDoor(config, node, terminal, clock);
  announce(terminal, node);
  const conflict = await Promise.race([node.conflict, untilAborted(signal)]);
  if (conflict) throw AiflowError.from(conflict);
  logger.info('node is stopping', { drainTimeoutMs: config.drainTimeoutMs });
  return EXIT_STATUS.ok;
}

/** Lets commands on this machine find the node's door. */
async function listDoor(
  { fleet, node: { name, tier }, door }: NodeConfig,
  { doorSocket: socket }: RunningNode,
  { environment }: Terminal,
  clock: Clock,
): Promise<AsyncDisposable | undefined> {
  if (socket === undefined || !door.listed) return undefined;
  const startedAt = new Date(clock.wallMs()).toISOString();
  return writeDoorFile(runFolder(environment), { fleet, node: name, tier, socket, pid: process.pid, startedAt });
}

function announce(terminal: Terminal, { name, healthUrl, doorSocket, isJoined, joined }: RunningNode): void {
  const print = (line: NodeReadyLine | NodeJoinedLine): void => terminal.out(`${JSON.stringify(line)}\n`);
  const door = doorSocket === undefined ? {} : { doorSocket };
  print({ type: 'node-ready', node: name, pid: process.pid, healthUrl, joined: isJoined, ...door });
  if (!isJoined) void joined.then(() => print({ type: 'node-joined', node: name }));
}
