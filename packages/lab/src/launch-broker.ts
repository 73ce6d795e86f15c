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
import { createSystemClock } from '@aiflow/time';
import { createBrokerHandle } from './broker-handle.ts';
import { type BrokerPlace, startOnFreePorts } from './broker-server.ts';
import { findBrokerBinary } from './find-broker.ts';
import { createGuardian } from './guardian.ts';
import type { LaunchBrokerCollaborators, LaunchBrokerOptions, LaunchedBroker } from './launched-broker.ts';
import { createLogTail } from './log-tail.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

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
