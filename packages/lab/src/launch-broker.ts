// SPDX-License-Identifier: Apache-2.0
//
// A throw-away nats-server on loopback.
//
// B1  It listens on ports of its own, never on 4222, and keeps its files in a folder of its own.
// B2  It is ready when it greeted a connection under the server name that this launch made up, so that another
//     program which took the port in between is never taken for it.
// B3  After stop, and after the death of this process in whatever way, neither process nor folder is left.
// B4  One change at a time: kill, restart and stop run in the order in which they were called.
import { randomUUID } from 'node:crypto';
import type { AiflowError } from '@aiflow/protocol';
import { type Clock, createSystemClock } from '@aiflow/time';
import type { BrokerBinary } from './broker-binary.ts';
import type { BrokerPorts } from './broker-config.ts';
import { createBrokerHandle } from './broker-handle.ts';
import { type BrokerPlace, startOnFreePorts } from './broker-server.ts';
import { findBrokerBinary } from './find-broker.ts';
import { createGuardian } from './guardian.ts';
import { createLogTail } from './log-tail.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** What {@link launchBroker} works with. */
export interface LaunchBrokerCollaborators {
  /** Default the machine's own time. */
  readonly clock?: Clock;
  /** Default what `findBrokerBinary()` finds. */
  readonly binary?: BrokerBinary;
  /** Hears each line of the server's log. */
  readonly onLine?: (line: string) => void;
}

/** How a broker is launched. */
export interface LaunchBrokerOptions {
  /** More configuration, as text or made from the ports that were set aside. Paths should be absolute. */
  readonly config?: string | ((ports: BrokerPorts) => string);
  /** Default `lab-<random>`; must differ among servers that are joined by leaf links. */
  readonly serverName?: string;
  /** JetStream with a store of its own that goes with the broker. Default true. */
  readonly jetStream?: boolean;
  /** The HTTP monitoring port. Default false. */
  readonly monitor?: boolean;
  /** How long it may take to become ready. Default 10 s. */
  readonly startLimitMs?: number;
  /** Between SIGTERM and SIGKILL on stop. Default 2 s. */
  readonly graceMs?: number;
  /** Ends a launch that is under way; without effect afterwards. */
  readonly signal?: AbortSignal;
}

/** A running broker. */
export interface LaunchedBroker extends AsyncDisposable {
  /** `nats://127.0.0.1:<port>`; the same after a restart. */
  readonly url: string;
  readonly port: number;
  readonly ports: BrokerPorts;
  readonly version: string;
  readonly serverName: string;
  /** Of the server that runs now, or ran last. */
  readonly pid: number;
  readonly monitorUrl: string | undefined;
  /** Settles, with what its last lines were, when the server ends without having been asked to through this handle. */
  readonly died: Promise<AiflowError>;
  /** The last lines of its log, oldest first. */
  log(): readonly string[];
  /** SIGTERM, then SIGKILL after the grace; removes the store. Calling it again does nothing. */
  stop(): Promise<void>;
  /** SIGKILL, as in a crash; the store stays, and `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops it if it runs and starts it again on the same ports with the same store. */
  restart(): Promise<void>;
}

/**
 * Launches a nats-server and resolves once it accepts connections. Fails with `failed-precondition` when there is no
 * usable binary, `unavailable` with the last log lines when the server ends, `deadline-exceeded` when it isn't ready.
 */
export async function launchBroker(
  collaborators: LaunchBrokerCollaborators = {},
  options: LaunchBrokerOptions = {},
): Promise<LaunchedBroker> {
  const clock = collaborators.clock ?? createSystemClock();
  const binary = collaborators.binary ?? (await findBrokerBinary({}, options.signal));
  const folder = await makeTemporaryFolder('broker');
  const graceMs = options.graceMs ?? 2000;
  const guardian = createGuardian(clock, { removePaths: [folder], graceMs });
  const log = createLogTail();
  const place: BrokerPlace = {
    ...{ clock, binary, guardian, folder, log },
    serverName: options.serverName ?? `lab-${randomUUID().slice(0, 8)}`,
    startLimitMs: options.startLimitMs ?? 10_000,
    onLine: collaborators.onLine,
  };
  try {
    const { ports, child } = await startOnFreePorts(place, options);
    return createBrokerHandle(place, { ports, child, monitor: options.monitor === true, graceMs });
  } catch (error) {
    await guardian.close();
    throw error;
  }
}
