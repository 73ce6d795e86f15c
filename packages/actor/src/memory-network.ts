// SPDX-License-Identifier: Apache-2.0
//
// Nodes in one process that talk through memory, over links as bad as a test wants them.
//
// N1  Envelopes are encoded and decoded for real; what a receiver gets shares no memory with what was sent.
// N2  On a lane (sender, receiver, delivery class) messages arrive in the order they were sent, whatever the jitter,
//     but for those drawn for reordering and the second copies of those drawn for duplication.
// N3  With the same clock, seed and sends, the same messages are lost, doubled and delayed: each lane has its own
//     random source, so that traffic elsewhere changes nothing.
// N4  A message to a node that is not there is reported `undeliverable`; one into a partition vanishes.
import { AiflowError, decodeEnvelope, type Envelope, encodeEnvelope, parseName } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { LinkFaults } from './link-faults.ts';
import { createMemoryLane, type MemoryLane } from './memory-lane.ts';
import type { Transport, TransportReceiver } from './transport.ts';

const DEFAULT_MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
const NO_FAULTS: LinkFaults = {};

/** What a memory network runs on. */
export interface MemoryNetworkCollaborators {
  readonly clock: Clock;
  readonly random: Random;
}

/** Settings of a memory network. */
export interface MemoryNetworkOptions {
  /** The faults of every link that has none of its own. Default none: every message arrives at once. */
  readonly faults?: LinkFaults;
  /** Default 8 388 608. */
  readonly maxPayloadBytes?: number;
}

/** What a memory network did so far, in messages. */
export interface MemoryNetworkStatistics {
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly undeliverable: number;
  /** Frames that could not be decoded. */
  readonly malformed: number;
  /** Messages on their way. */
  readonly inFlight: number;
}

/** Nodes in one process and the links between them. */
export interface MemoryNetwork {
  /** A transport for `node`. It is reachable once started; a node that was closed may come back with a new one. */
  transport(node: string): Transport;
  /** Sets the faults of what `from` sends to `to`, from the next message on. */
  setFaults(from: string, to: string, faults: LinkFaults): void;
  /** Cuts the links between two nodes, silently, both ways; what is on its way is lost too. */
  partition(a: string, b: string): void;
  /** Mends what {@link partition} cut between two nodes. */
  heal(a: string, b: string): void;
  /** Delivers bytes to `node` as if they had come over a link: for frames that no encoder makes. */
  inject(node: string, bytes: Uint8Array): void;
  statistics(): MemoryNetworkStatistics;
}

/** A network without nodes; {@link MemoryNetwork.transport} adds them. */
export function createMemoryNetwork(
  collaborators: MemoryNetworkCollaborators,
  options: MemoryNetworkOptions = {},
): MemoryNetwork {
  const hub = new Hub(collaborators, options);
  return {
    transport: node => new MemoryTransport(hub, parseName('node', node)),
    setFaults: (from, to, faults) => hub.faults.set(`${from} ${to}`, faults),
    partition: (a, b) => hub.cuts.add(`${a} ${b}`).add(`${b} ${a}`),
    heal: (a, b) => [`${a} ${b}`, `${b} ${a}`].forEach(link => void hub.cuts.delete(link)),
    inject: (node, bytes) => hub.arrive(node, bytes),
    statistics: () => ({ ...hub.counters }),
  };
}

/** What all transports of a network share. */
class Hub {
  readonly faults = new Map<string, LinkFaults>();
  readonly cuts = new Set<string>();
  readonly receivers = new Map<string, TransportReceiver>();
  readonly maxPayloadBytes: number;
  readonly counters = {
    sent: 0,
    delivered: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    undeliverable: 0,
    malformed: 0,
    inFlight: 0,
  };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #defaultFaults: LinkFaults;
  readonly #lanes = new Map<string, MemoryLane>();

  constructor({ clock, random }: MemoryNetworkCollaborators, options: MemoryNetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#defaultFaults = options.faults ?? NO_FAULTS;
    this.maxPayloadBytes = options.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES;
  }

  newBootId(node: string): string {
    return `${node}-${this.#random.below(2 ** 32).toString(36)}`;
  }

  carry(from: string, envelope: Envelope): void {
    const { node: to } = envelope.to;
    const link = `${from} ${to}`;
    const bytes = encodeEnvelope(envelope);
    this.counters.sent += 1;
    this.#lane(`${link} ${envelope.deliveryClass}`).carry(this.faults.get(link) ?? this.#defaultFaults, () => {
      if (this.cuts.has(link)) this.counters.lost += 1;
      else if (this.receivers.has(to)) this.arrive(to, bytes);
      else this.#bounce(from, envelope);
    });
  }

  arrive(node: string, bytes: Uint8Array): void {
    let envelope: Envelope;
    try {
      envelope = decodeEnvelope(bytes);
    } catch {
      this.counters.malformed += 1;
      return;
    }
    this.counters.delivered += 1;
    this.receivers.get(node)?.deliver(envelope);
  }

  #bounce(from: string, { messageId, to }: Envelope): void {
    this.counters.undeliverable += 1;
    const error = new AiflowError('unavailable', `node ${to.node} is not on the network`, {
      hop: `${from} -> ${to.node}`,
    });
    this.receivers.get(from)?.undeliverable(messageId, error);
  }

  #lane(key: string): MemoryLane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = createMemoryLane(this.#clock, this.#random.fork(key), this.counters);
      this.#lanes.set(key, lane);
    }
    return lane;
  }
}

class MemoryTransport implements Transport {
  readonly node: string;
  readonly bootId: string;
  readonly maxPayloadBytes: number;
  readonly #hub: Hub;
  #receiver: TransportReceiver | undefined;
  #closed = false;

  constructor(hub: Hub, node: string) {
    this.node = node;
    this.bootId = hub.newBootId(node);
    this.maxPayloadBytes = hub.maxPayloadBytes;
    this.#hub = hub;
  }

  async start(receiver: TransportReceiver, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#unavailable(this.node, 'was closed: make another transport');
    if (this.#hub.receivers.has(this.node)) {
      throw new AiflowError(
        'already-exists',
        `node ${this.node} is on the network already: give each node its own name`,
      );
    }
    this.#receiver = receiver;
    this.#hub.receivers.set(this.node, receiver);
  }

  send(envelope: Envelope): void {
    const { to, payload } = envelope;
    if (this.#receiver === undefined) throw this.#unavailable(to.node, this.#closed ? 'is closed' : 'is not started');
    if (payload.byteLength > this.maxPayloadBytes) {
      const message = `payload of ${payload.byteLength} bytes exceeds maxPayloadBytes ${this.maxPayloadBytes}: send it as a stream`;
      throw new AiflowError('resource-exhausted', message, { hop: `${this.node} -> ${to.node}` });
    }
    this.#hub.carry(this.node, envelope);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#receiver === undefined) return;
    this.#receiver = undefined;
    this.#hub.receivers.delete(this.node);
  }

  #unavailable(to: string, what: string): AiflowError {
    return new AiflowError('unavailable', `transport of node ${this.node} ${what}`, { hop: `${this.node} -> ${to}` });
  }
}
