// SPDX-License-Identifier: Apache-2.0
//
// Envelopes over a NATS broker, by plain publish and subscribe.
//
// T1  A message is handed to a connected link or fails with an error: nothing is left to the client's own buffer.
// T2  Whatever begins an exchange carries a reply subject under this node's own prefix, so that "nobody listens"
//     comes back within a round trip to the broker and names node and actor. Replies come as messages of their own.
// T3  An unknown node fails at once with the nodes that are known; one that died, with how and when.
// T4  Small messages go over the control link, bulk and anything above `maxControlBytes` over the bulk link. An
//     exchange that used the bulk link stays there, so that a stream's end never overtakes its items.
// T5  Who is admitted is heard, nobody else. Each admitted node is subscribed to by name: brokers before 2.10 lose
//     interest in wildcard senders at a permissioned leaf, and one can't see from here what stands on the way.
// T6  Nothing that arrives can throw out of a callback (L7), and nothing that is refused goes uncounted.
import { type Logger, SILENT_LOGGER, type TransportReceiver } from '@aiflow/actor';
import { type Address, AiflowError, type Envelope } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { AnnouncementListener } from './announcement.ts';
import { type Announcer, createAnnouncer } from './announcer.ts';
import { type CarrierInbox, createCarrierInbox } from './carrier-inbox.ts';
import { createLinkPair, type LinkPair } from './link-pair.ts';
import { createLinkWatch, type LinkWatch } from './link-watch.ts';
import type {
  NatsTransport,
  NatsTransportCollaborators,
  NatsTransportHealth,
  NatsTransportOptions,
} from './nats-transport.ts';
import { createOutboundMessages, type OutboundMessages } from './outbound-messages.ts';
import { createPeerTable, type PeerTable } from './peer-table.ts';
import { createRateLimitedLog, type RateLimitedLog } from './rate-limited-log.ts';
import { LINK_ACTOR } from './runtime-actors.ts';
import { type NodePlace, parsePlace, undeliveredSubject } from './subjects.ts';
import {
  createTransportCounters,
  type MutableTransportCounters,
  type TransportCounters,
} from './transport-counters.ts';
import { createUndeliveredReports, type UndeliveredReports } from './undelivered-reports.ts';

/** See {@link createNatsTransport}. */
export class NatsCarrier implements NatsTransport {
  readonly node: string;
  readonly bootId: string;
  readonly maxPayloadBytes: number;
  readonly place: NodePlace;
  readonly #options: NatsTransportOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #log: RateLimitedLog;
  readonly #counters: MutableTransportCounters = createTransportCounters();
  readonly #peers: PeerTable;
  readonly #undelivered: UndeliveredReports;
  readonly #announcer: Announcer;
  readonly #watch: LinkWatch;
  readonly #links: LinkPair;
  readonly #outbound: OutboundMessages;
  readonly #inbox: CarrierInbox;
  #receiver: TransportReceiver | undefined;
  #listener: AnnouncementListener | undefined;
  #closed: Promise<void> | undefined;

  constructor(collaborators: NatsTransportCollaborators, options: NatsTransportOptions) {
    const { fleet, site, node } = options;
    this.#options = options;
    this.node = node;
    this.bootId = options.bootId;
    this.place = { site, node };
    this.maxPayloadBytes = options.maxPayloadBytes ?? 8 * 1024 * 1024;
    this.#clock = collaborators.clock;
    this.#logger = collaborators.logger ?? SILENT_LOGGER;
    this.#log = createRateLimitedLog(this.#logger, this.#clock);
    this.#peers = createPeerTable(fleet, this.place);
    this.#undelivered = createUndeliveredReports(
      node,
      undeliveredSubject(fleet, this.place).slice(0, -1),
      (messageId, error) => this.#reportUndeliverable(messageId, error),
    );
    this.#watch = this.#makeWatch();
    this.#links = createLinkPair(
      { ...collaborators, logger: this.#logger, eventsOf: link => this.#watch.eventsOf(link) },
      options,
    );
    const { control, bulk } = this.#links;
    this.#outbound = createOutboundMessages(
      {
        ...{ node, control, bulk },
        ...{ peers: this.#peers, undelivered: this.#undelivered, counters: this.#counters },
      },
      { ...options, maxPayloadBytes: this.maxPayloadBytes },
    );
    this.#announcer = createAnnouncer({
      ...{ fleet, self: this.place, link: control },
      heard: announcement => this.#listener?.announced(announcement),
      malformed: () => void this.#counters.malformed++,
    });
    this.#inbox = createCarrierInbox(
      {
        ...{ self: this.place, clock: this.#clock, log: this.#log, counters: this.#counters },
        ...{ peers: this.#peers, links: this.#links, announcer: this.#announcer },
        deliver: envelope => this.#onDelivery(envelope),
      },
      { ...options, maxPayloadBytes: this.maxPayloadBytes },
    );
  }

  async start(receiver: TransportReceiver, signal?: AbortSignal): Promise<void> {
    if (this.#receiver !== undefined || this.#closed !== undefined) {
      throw new AiflowError('failed-precondition', `transport of ${this.node} was started before: make a new one`);
    }
    this.#receiver = receiver;
    const { fleet, hearing } = this.#options;
    for (const link of [this.#links.control, this.#links.bulk]) {
      link.subscribe(undeliveredSubject(fleet, this.place), message => this.#undelivered.accept(message));
    }
    this.#announcer.listen(hearing === 'site' ? this.place.site : undefined);
    await this.#links.open(signal);
  }

  send(envelope: Envelope): void | Promise<void> {
    if (this.#closed !== undefined) throw this.#closedError(envelope.to);
    return this.#outbound.send(envelope);
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  admit(place: NodePlace): Promise<void> {
    this.#peers.admit(parsePlace(place));
    return this.#inbox.admit(place) ? this.#links.settle() : Promise.resolve();
  }

  dismiss(node: string, reason: AiflowError): void {
    this.#peers.dismiss(node, reason);
    this.#inbox.dismiss(node);
    this.abandon(node, reason);
  }

  abandon(node: string, reason: AiflowError): void {
    this.#undelivered.failAll(reason, node);
  }

  forget(node: string): void {
    this.#peers.forget(node);
  }

  listen(listener: AnnouncementListener): void {
    this.#listener = listener;
  }

  hello(bytes: Uint8Array): void {
    this.#announcer.hello(bytes);
  }

  announce(event: string, bytes: Uint8Array): void {
    this.#announcer.announce(event, bytes);
  }

  introduce(to: NodePlace, bytes: Uint8Array): void {
    this.#announcer.introduce(to, bytes);
  }

  health(): NatsTransportHealth {
    const { control, bulk } = this.#links;
    return {
      control: control.isUp ? 'up' : 'down',
      bulk: bulk.isUp ? 'up' : 'down',
      broker: control.broker,
      lastRefusal: this.#watch.lastRefusal,
      bytesPerSecond: bulk.bytesPerSecond,
      queuedBytes: this.#outbound.queuedBytes,
    };
  }

  counters(): TransportCounters {
    return { ...this.#counters };
  }

  #onDelivery(envelope: Envelope): void {
    this.#undelivered.arrived(envelope);
    if (envelope.to.actor === LINK_ACTOR) this.#listener?.probed(envelope);
    else this.#receiver?.deliver(envelope);
  }

  #reportUndeliverable(messageId: string, error: AiflowError): void {
    this.#counters.undeliverable++;
    this.#receiver?.undeliverable(messageId, error);
  }

  async #shutDown(): Promise<void> {
    const limitMs = this.#options.closeLimitMs ?? 2_000;
    const limit = new AbortController();
    await Promise.race([this.#outbound.whenIdle(), sleep(this.#clock, limitMs, limit.signal).catch(() => undefined)]);
    limit.abort();
    await this.#links.close(limitMs);
    this.#inbox.close();
  }

  #makeWatch(): LinkWatch {
    return createLinkWatch({
      ...{ logger: this.#logger, log: this.#log },
      ...{ counters: this.#counters, undelivered: this.#undelivered },
      isClosed: () => this.#closed !== undefined,
      failQueued: error => this.#outbound.failQueued(error),
      listener: () => this.#listener,
    });
  }

  #closedError(to: Address): AiflowError {
    return new AiflowError('unavailable', `transport of ${this.node} is closed`, {
      hop: `${this.node} -> ${to.node}/${to.actor}`,
    });
  }
}
