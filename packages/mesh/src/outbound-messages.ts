// SPDX-License-Identifier: Apache-2.0
import { type Address, AiflowError, type Envelope, encodeEnvelope } from '@aiflow/protocol';
import { type BulkExchanges, createBulkExchanges } from './bulk-exchanges.ts';
import { type BulkLane, createBulkLane } from './bulk-lane.ts';
import type { NatsLink } from './nats-link.ts';
import type { PeerTable } from './peer-table.ts';
import type { MutableTransportCounters } from './transport-counters.ts';
import type { UndeliveredReports } from './undelivered-reports.ts';

/** What the sending half of the transport works with. */
export interface OutboundCollaborators {
  readonly node: string;
  readonly control: NatsLink;
  readonly bulk: NatsLink;
  readonly peers: PeerTable;
  readonly undelivered: UndeliveredReports;
  readonly counters: MutableTransportCounters;
}

/** Its limits; see `NatsTransportOptions`. */
export interface OutboundLimits {
  readonly maxPayloadBytes: number;
  readonly maxControlBytes?: number;
  readonly maxQueuedBytes?: number;
}

/** The sending half of the transport: chooses the lane, and fails at once what can't be sent. */
export interface OutboundMessages {
  readonly queuedBytes: number;
  /** As `Transport.send`. */
  send(envelope: Envelope): void | Promise<void>;
  /** Fails what waits for the bulk link. */
  failQueued(error: AiflowError): void;
  whenIdle(): Promise<void>;
}

/** Control bytes outstanding at the broker past which `send` makes its caller wait. */
const CONTROL_WINDOW_BYTES = 1024 * 1024;

/** A sending half over two links. */
export function createOutboundMessages(collaborators: OutboundCollaborators, limits: OutboundLimits): OutboundMessages {
  return new Outbound(collaborators, limits);
}

class Outbound implements OutboundMessages {
  readonly #node: string;
  readonly #control: NatsLink;
  readonly #peers: PeerTable;
  readonly #undelivered: UndeliveredReports;
  readonly #counters: MutableTransportCounters;
  readonly #lane: BulkLane;
  readonly #bulkExchanges: BulkExchanges;
  readonly #maxPayloadBytes: number;

  constructor(collaborators: OutboundCollaborators, limits: OutboundLimits) {
    const { node, control, bulk, peers, undelivered, counters } = collaborators;
    this.#node = node;
    this.#control = control;
    this.#peers = peers;
    this.#undelivered = undelivered;
    this.#counters = counters;
    this.#maxPayloadBytes = limits.maxPayloadBytes;
    const maxControlBytes = limits.maxControlBytes ?? 64 * 1024;
    this.#bulkExchanges = createBulkExchanges(() =>
      Math.min(maxControlBytes, control.broker?.maxPayloadBytes ?? maxControlBytes),
    );
    const events = {
      chunked: (chunks: number) => {
        counters.chunkedMessages++;
        counters.chunks += chunks;
      },
      superseded: () => void counters.superseded++,
    };
    this.#lane = createBulkLane(bulk, events, limits.maxQueuedBytes ?? 64 * 1024 * 1024);
  }

  get queuedBytes(): number {
    return this.#lane.queuedBytes;
  }

  send(envelope: Envelope): void | Promise<void> {
    const size = envelope.payload.byteLength;
    if (size > this.#maxPayloadBytes) throw this.#tooLargeError(envelope.to, size);
    const control = this.#subjectFor(envelope.to);
    const bytes = encodeEnvelope(envelope);
    const reply = this.#undelivered.replySubject(envelope);
    this.#counters.sent++;
    if (this.#bulkExchanges.takes(envelope, bytes.byteLength)) return this.#sendBulk(envelope, bytes, reply);
    this.#publishControl(envelope, control, bytes, reply);
    if (this.#control.outstandingBytes > CONTROL_WINDOW_BYTES) return this.#control.whenBelow(CONTROL_WINDOW_BYTES);
  }

  failQueued(error: AiflowError): void {
    this.#lane.fail(error);
  }

  whenIdle(): Promise<void> {
    return this.#lane.whenIdle();
  }

  #subjectFor(to: Address): string {
    try {
      return this.#peers.subjectFor(to, 'control');
    } catch (error) {
      this.#control.checkUp(); // a node that is cut off takes all others for dead, which is not what failed
      throw error;
    }
  }

  #publishControl(envelope: Envelope, subject: string, bytes: Uint8Array, reply: string | undefined): void {
    try {
      this.#control.publish(subject, bytes, reply);
    } catch (error) {
      this.#undelivered.forget(envelope.messageId);
      throw AiflowError.from(error, 'unavailable');
    }
  }

  async #sendBulk(envelope: Envelope, bytes: Uint8Array, reply: string | undefined): Promise<void> {
    const { to, messageId, latestKey, deliveryClass } = envelope;
    try {
      await this.#lane.send({
        node: to.node,
        messageId,
        bytes,
        reply,
        subject: this.#peers.subjectFor(to, 'bulk'),
        latestKey: deliveryClass === 'latest' ? latestKey : undefined,
      });
    } catch (error) {
      this.#undelivered.forget(messageId);
      throw AiflowError.from(error, 'unavailable').at({ hop: this.#hop(to) });
    }
  }

  #tooLargeError(to: Address, size: number): AiflowError {
    return new AiflowError(
      'resource-exhausted',
      `payload of ${size} bytes exceeds maxPayloadBytes ${this.#maxPayloadBytes}: send it as a stream`,
      { hop: this.#hop(to), details: { limit: String(this.#maxPayloadBytes), bytes: String(size) } },
    );
  }

  #hop(to: Address): string {
    return `${this.#node} -> ${to.node}/${to.actor}`;
  }
}
