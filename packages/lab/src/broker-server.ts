// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { awaitReadiness } from './await-readiness.ts';
import type { BrokerBinary } from './broker-binary.ts';
import { type BrokerPorts, renderBrokerConfig } from './broker-config.ts';
import { awaitGreeting } from './broker-greeting.ts';
import { findFreePorts } from './free-port.ts';
import { describeExit, type GuardedChild, type Guardian, type ProcessExit, readOutput, stopChild } from './guardian.ts';
import { lastLines } from './last-lines.ts';
import type { LaunchBrokerOptions } from './launched-broker.ts';
import type { LogTail } from './log-tail.ts';

/** What a server has from its launch to its end, restarts included. */
export interface BrokerPlace {
  readonly clock: Clock;
  readonly binary: BrokerBinary;
  readonly guardian: Guardian;
  readonly folder: string;
  readonly log: LogTail;
  readonly serverName: string;
  readonly startLimitMs: number;
  readonly onLine: ((line: string) => void) | undefined;
}

const PORT_TRIES = 5;

/** Starts a server on ports of its own (B1 of launch-broker.ts); when another program took one of them in between, on others. */
export async function startOnFreePorts(
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
    ...(typeof options.jetStream === 'object' ? options.jetStream : {}),
    extra: typeof options.config === 'function' ? options.config(ports) : (options.config ?? ''),
  });
  await writeFile(join(place.folder, 'broker.conf'), text, { mode: 0o600 });
}

/** Resolves with the child once it greeted (B2 of launch-broker.ts); ends the child otherwise. */
export async function startServer(place: BrokerPlace, ports: BrokerPorts, signal?: AbortSignal): Promise<GuardedChild> {
  const child = place.guardian.spawn(place.binary.path, ['-c', join(place.folder, 'broker.conf')]);
  const output = Promise.all([
    readOutput(child.stdout, text => place.log.push(text, place.onLine)),
    readOutput(child.stderr, text => place.log.push(text, place.onLine)),
  ]);
  const readiness = {
    isReady: (stop: AbortSignal) => awaitGreeting(place.clock, ports.client, stop),
    died: Promise.all([child.exited, output]).then(([exit]) => ended(place, exit)),
    limitMs: place.startLimitMs,
    tooLate: () => tooLate(place),
  };
  try {
    const greeting = await awaitReadiness(place.clock, readiness, signal);
    if (greeting.serverName !== place.serverName) throw portTaken(place, ports.client);
    return child;
  } catch (error) {
    await stopChild(place.clock, child, 0);
    throw AiflowError.from(error);
  }
}

function ended({ binary, log }: BrokerPlace, exit: ProcessExit): AiflowError {
  const taken = log
    .lines()
    .slice(-8)
    .some(line => line.includes('address already in use'));
  return new AiflowError(
    'unavailable',
    `${binary.path} ended before it was ready (${describeExit(exit)})${lastLines(log.lines())}`,
    { details: taken ? { cause: 'port-taken' } : {} },
  );
}

function portTaken({ serverName }: BrokerPlace, port: number): AiflowError {
  return new AiflowError('unavailable', `another server than ${serverName} answers on port ${port}`, {
    details: { cause: 'port-taken' },
  });
}

function tooLate({ binary, startLimitMs, log }: BrokerPlace): AiflowError {
  const message = `${binary.path} was not ready within startLimitMs ${startLimitMs}${lastLines(log.lines())}`;
  return new AiflowError('deadline-exceeded', message);
}
