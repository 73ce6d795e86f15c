// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { BrokerPorts } from './broker-config.ts';
import { type BrokerPlace, startServer } from './broker-server.ts';
import { createDeathWatch } from './death-watch.ts';
import { describeExit, type GuardedChild, stopChild } from './guardian.ts';
import { lastLines } from './last-lines.ts';
import type { LaunchedBroker } from './launched-broker.ts';
import { createSerialChanges } from './serial-changes.ts';
import { removeFolder } from './temporary-folder.ts';

/** A server that was started, and what it was started with. */
export interface RunningBroker {
  readonly ports: BrokerPorts;
  readonly child: GuardedChild;
  readonly monitor: boolean;
  readonly graceMs: number;
}

/** A handle on the server that `running` is; it may be another one after a restart. */
export function createBrokerHandle(place: BrokerPlace, running: RunningBroker): LaunchedBroker {
  const { ports } = running;
  let child = running.child;
  let stopped = false;
  const watch = createDeathWatch();
  const inOrder = createSerialChanges(); // B4 of launch-broker.ts
  const expectToLive = (): void =>
    watch.expectToLive(child, exit => {
      const message = `nats-server on port ${ports.client} ended by ${describeExit(exit)}${lastLines(place.log.lines())}`;
      return new AiflowError('unavailable', message);
    });
  expectToLive();
  const stop = (): Promise<void> =>
    inOrder(async () => {
      if (stopped) return;
      stopped = true;
      watch.expectToEnd(child);
      await stopChild(place.clock, child, running.graceMs);
      await place.guardian.close();
      await removeFolder(place.folder);
    });
  return {
    url: `nats://127.0.0.1:${ports.client}`,
    port: ports.client,
    ports,
    version: place.binary.version,
    serverName: place.serverName,
    get pid() {
      return child.pid;
    },
    monitorUrl: running.monitor ? `http://127.0.0.1:${ports.monitor}` : undefined,
    died: watch.died,
    log: () => place.log.lines(),
    stop,
    kill: () =>
      inOrder(async () => {
        watch.expectToEnd(child);
        child.signal('SIGKILL');
        await child.exited;
      }),
    restart: () =>
      inOrder(async () => {
        if (stopped) throw new AiflowError('failed-precondition', `broker on port ${ports.client} was stopped`);
        watch.expectToEnd(child);
        await stopChild(place.clock, child, running.graceMs);
        child = await startServer(place, ports);
        expectToLive();
      }),
    [Symbol.asyncDispose]: stop,
  };
}
