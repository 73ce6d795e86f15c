// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@aiflow/actor';
import type { AiflowError, Envelope } from '@aiflow/protocol';
import { sampleEnvelope } from '@aiflow/testkit';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { createNatsTransport, type NatsTransport, type NatsTransportOptions } from '../src/index.ts';

/** A transport with what it received. */
export interface Station extends AsyncDisposable {
  readonly transport: NatsTransport;
  readonly delivered: Envelope[];
  readonly failed: { readonly messageId: string; readonly error: AiflowError; readonly atMs: number }[];
  readonly log: string[];
}

export type StationOptions = Partial<NatsTransportOptions> & { readonly url: string; readonly node: string };

/** A transport that is started, on the broker at `url`. */
export async function openStation(options: StationOptions): Promise<Station> {
  const station = makeStation(options);
  await station.transport.start(receiverOf(station));
  return station;
}

/** Like {@link openStation}, before the start. */
export function makeStation({ url, ...options }: StationOptions): Station {
  const log: string[] = [];
  const transport = createNatsTransport(
    { clock: createSystemClock({ keepAlive: true }), random: createSeededRandom(7), logger: collect(log) },
    {
      fleet: 'test',
      site: 'home',
      bootId: `boot-of-${options.node}`,
      control: { urls: url },
      reconnectWaitMs: 50,
      ...options,
    },
  );
  return {
    transport,
    delivered: [],
    failed: [],
    log,
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

/** Collects what arrives at `station`. */
export function receiverOf(station: Station): {
  deliver(envelope: Envelope): void;
  undeliverable(messageId: string, error: AiflowError): void;
} {
  return {
    deliver: envelope => void station.delivered.push(envelope),
    undeliverable: (messageId, error) => void station.failed.push({ messageId, error, atMs: performance.now() }),
  };
}

/** Lets two stations speak with each other. */
export async function introduceEachOther(...stations: readonly Station[]): Promise<void> {
  for (const one of stations) {
    for (const other of stations) if (one !== other) await one.transport.admit(other.transport.place);
  }
}

/** A tell from `from` to `to`, with what a test cares for put over it. */
export function message(from: string, to: string, fields: Partial<Envelope> = {}): Envelope {
  return sampleEnvelope({ node: from, bootId: `boot-of-${from}` }, to, {
    to: { node: to, actor: 'target' },
    payload: new Uint8Array(),
    ...fields,
  });
}

function collect(lines: string[]): Logger {
  const add = (text: string): void => void lines.push(text);
  return { debug: add, info: add, warn: add, error: add };
}
