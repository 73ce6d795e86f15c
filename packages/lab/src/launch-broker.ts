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
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, createSystemClock } from '@aiflow/time';
import type { BrokerBinary } from './broker-binary.ts';
import { type BrokerPorts, renderBrokerConfig } from './broker-config.ts';
import { awaitGreeting } from './broker-greeting.ts';
import { findBrokerBinary } from './find-broker.ts';
import { findFreePorts } from './free-port.ts';
import { createGuardian, describeExit, type GuardedChild, type Guardian, readOutput, stopChild } from './guardian.ts';
import { createLogTail, type LogTail } from './log-tail.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

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

const PORT_TRIES = 5;

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
  const guardian = createGuardian(clock, { removePaths: [folder], graceMs: options.graceMs ?? 2000 });
  const log = createLogTail();
  const place: BrokerPlace = {
    ...{ clock, binary, guardian, folder, log },
    serverName: options.serverName ?? `lab-${randomUUID().slice(0, 8)}`,
    startLimitMs: options.startLimitMs ?? 10_000,
    onLine: collaborators.onLine,
  };
  try {
    const { ports, child } = await startOnFreePorts(place, options);
    return createHandle(place, { ports, child, monitor: options.monitor === true, graceMs: options.graceMs ?? 2000 });
  } catch (error) {
    await guardian.close();
    throw error;
  }
}

interface BrokerPlace {
  readonly clock: Clock;
  readonly binary: BrokerBinary;
  readonly guardian: Guardian;
  readonly folder: string;
  readonly log: LogTail;
  readonly serverName: string;
  readonly startLimitMs: number;
  readonly onLine: ((line: string) => void) | undefined;
}

async function startOnFreePorts(
  place: BrokerPlace,
  options: LaunchBrokerOptions,
): Promise<{ ports: BrokerPorts; child: GuardedChild }> {
  for (let attempt = 1; ; attempt++) {
    const ports = await reservePorts();
    await writeConfig(place, ports, options);
    try {
      return { ports, child: await startServer(place, ports, options.signal) };
    } catch (error) {
      const raced = AiflowError.is(error) && error.details.cause === 'port-taken';
      if (!raced || attempt === PORT_TRIES) throw error;
    }
  }
}

async function reservePorts(): Promise<BrokerPorts> {
  const [client = 0, monitor = 0, leaf = 0, websocket = 0] = await findFreePorts(4);
  return { client, monitor, leaf, websocket };
}

async function writeConfig(place: BrokerPlace, ports: BrokerPorts, options: LaunchBrokerOptions): Promise<void> {
  const storeFolder = join(place.folder, 'store');
  await mkdir(storeFolder, { recursive: true });
  const text = renderBrokerConfig({
    ...{ ports, serverName: place.serverName, monitor: options.monitor === true },
    ...(options.jetStream === false ? {} : { storeFolder }),
    extra: typeof options.config === 'function' ? options.config(ports) : (options.config ?? ''),
  });
  await writeFile(join(place.folder, 'broker.conf'), text, { mode: 0o600 });
}

/** Resolves with the child once it greeted (B2); ends the child otherwise. */
async function startServer(place: BrokerPlace, ports: BrokerPorts, signal?: AbortSignal): Promise<GuardedChild> {
  const child = place.guardian.spawn(place.binary.path, ['-c', join(place.folder, 'broker.conf')]);
  const output = Promise.all([
    readOutput(child.stdout, text => place.log.push(text, place.onLine)),
    readOutput(child.stderr, text => place.log.push(text, place.onLine)),
  ]);
  const stop = new AbortController();
  const limit = place.clock.setTimer(place.startLimitMs, () => stop.abort(tooLate(place)));
  const onAbort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const died = child.exited.then(async exit => {
    await output;
    throw ended(place, describeExit(exit));
  });
  try {
    const greeting = await Promise.race([awaitGreeting(place.clock, ports.client, stop.signal), died]);
    if (greeting.serverName !== place.serverName) throw portTaken(place, ports.client);
    return child;
  } catch (error) {
    stop.abort(error);
    await stopChild(place.clock, child, 0);
    throw AiflowError.from(error);
  } finally {
    died.catch(() => undefined); // it lost the race; a later death is seen by who uses the broker
    limit.cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}

function ended(place: BrokerPlace, how: string): AiflowError {
  const tail = place.log.lines().slice(-8);
  const taken = tail.some(line => line.includes('address already in use'));
  return new AiflowError(
    'unavailable',
    `${place.binary.path} ended before it was ready (${how}); its last lines:\n${tail.join('\n')}`,
    {
      details: taken ? { cause: 'port-taken' } : {},
    },
  );
}

function portTaken(place: BrokerPlace, port: number): AiflowError {
  return new AiflowError('unavailable', `another server than ${place.serverName} answers on port ${port}`, {
    details: { cause: 'port-taken' },
  });
}

function tooLate(place: BrokerPlace): AiflowError {
  const tail = place.log.lines().slice(-8).join('\n');
  return new AiflowError(
    'deadline-exceeded',
    `${place.binary.path} was not ready within startLimitMs ${place.startLimitMs}; its last lines:\n${tail}`,
  );
}

interface RunningBroker {
  readonly ports: BrokerPorts;
  readonly child: GuardedChild;
  readonly monitor: boolean;
  readonly graceMs: number;
}

interface DeathWatch {
  readonly died: Promise<AiflowError>;
  expectToLive(child: GuardedChild): void;
  expectToEnd(child: GuardedChild): void;
}

function createDeathWatch(place: BrokerPlace, port: number): DeathWatch {
  const expected = new WeakSet<GuardedChild>();
  let announce: (failure: AiflowError) => void = () => undefined;
  const died = new Promise<AiflowError>(resolve => {
    announce = resolve;
  });
  return {
    died,
    expectToEnd: child => void expected.add(child),
    expectToLive: child =>
      void child.exited.then(exit => {
        if (expected.has(child)) return;
        const tail = place.log.lines().slice(-8).join('\n');
        const message = `nats-server on port ${port} ended by ${describeExit(exit)}; its last lines:\n${tail}`;
        announce(new AiflowError('unavailable', message));
      }),
  };
}

function createHandle(place: BrokerPlace, running: RunningBroker): LaunchedBroker {
  const { ports } = running;
  let child = running.child;
  let stopped = false;
  const watch = createDeathWatch(place, ports.client);
  watch.expectToLive(child);
  let last: Promise<void> = Promise.resolve();
  const inOrder = (change: () => Promise<void>): Promise<void> => {
    const result = last.then(change); // B4
    last = result.catch(() => undefined); // the caller has the failure
    return result;
  };
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
        watch.expectToLive(child);
      }),
    [Symbol.asyncDispose]: stop,
  };
}
