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
import { type Address, AiflowError, type Envelope, encodeEnvelope } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { Msg } from '@nats-io/transport-node';
import type { AnnouncementListener } from './announcement.ts';
import { type Announcer, createAnnouncer } from './announcer.ts';
import type { BrokerEndpoint } from './broker-endpoint.ts';
import { createNatsLink } from './create-nats-link.ts';
import { createInboundFrames, type InboundFrames } from './inbound-frames.ts';
import { createInboxSubscriptions, type InboxSubscriptions } from './inbox-subscriptions.ts';
import type { BrokerInfo, NatsLink } from './nats-link.ts';
import type {
  NatsTransport,
  NatsTransportCollaborators,
  NatsTransportHealth,
  NatsTransportOptions,
} from './nats-transport.ts';
import { createOutboundMessages, type OutboundMessages } from './outbound-messages.ts';
import { createPeerTable, type PeerTable } from './peer-table.ts';
import type { Publication } from './publish-batch.ts';
import { createRateLimitedLog, type RateLimitedLog } from './rate-limited-log.ts';
import { refusalOf } from './refusal-envelope.ts';
import { ADVERT_ACTOR, LINK_ACTOR } from './runtime-actors.ts';
import { formatSubject, type NodePlace, parsePlace, parseSubject, undeliveredSubject } from './subjects.ts';
import {
  createTransportCounters,
  type MutableTransportCounters,
  type TransportCounters,
} from './transport-counters.ts';
import { createUndeliveredReports, type UndeliveredReports } from './undelivered-reports.ts';

const ADVERT_SUFFIX = `.${ADVERT_ACTOR}`;

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
  readonly #control: NatsLink;
  readonly #bulk: NatsLink;
  readonly #outbound: OutboundMessages;
  readonly #inbound: InboundFrames;
  readonly #inbox: InboxSubscriptions;
  #receiver: TransportReceiver | undefined;
  #listener: AnnouncementListener | undefined;
  #lastRefusal: AiflowError | undefined;
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
    this.#control = this.#makeLink(collaborators, 'control', options.control);
    this.#bulk = this.#makeLink(collaborators, 'bulk', options.bulk ?? options.control);
    this.#outbound = createOutboundMessages(
      {
        ...{ node, control: this.#control, bulk: this.#bulk },
        ...{ peers: this.#peers, undelivered: this.#undelivered, counters: this.#counters },
      },
      { ...options, maxPayloadBytes: this.maxPayloadBytes },
    );
    this.#announcer = createAnnouncer({
      ...{ fleet, self: this.place, link: this.#control },
      heard: announcement => this.#listener?.announced(announcement),
      malformed: () => void this.#counters.malformed++,
    });
    this.#inbound = this.#makeInbound();
    this.#inbox = this.#makeInbox();
  }

  async start(receiver: TransportReceiver, signal?: AbortSignal): Promise<void> {
    if (this.#receiver !== undefined || this.#closed !== undefined) {
      throw new AiflowError('failed-precondition', `transport of ${this.node} was started before: make a new one`);
    }
    this.#receiver = receiver;
    const { fleet, hearing } = this.#options;
    for (const link of [this.#control, this.#bulk]) {
      link.subscribe(undeliveredSubject(fleet, this.place), message => this.#undelivered.accept(message));
    }
    this.#announcer.listen(hearing === 'site' ? this.place.site : undefined);
    await Promise.all([this.#control.open(signal), this.#bulk.open(signal)]);
    await Promise.all([this.#control.flush(), this.#bulk.flush()]);
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
    return this.#inbox.admit(place) ? this.#settle() : Promise.resolve();
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
    return {
      control: this.#control.isUp ? 'up' : 'down',
      bulk: this.#bulk.isUp ? 'up' : 'down',
      broker: this.#control.broker,
      lastRefusal: this.#lastRefusal,
      bytesPerSecond: this.#bulk.bytesPerSecond,
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

  #onControl(message: Msg): void {
    if (!message.subject.endsWith(ADVERT_SUFFIX)) this.#inbound.accept(message);
  }

  #onLinkUp(name: string, broker: BrokerInfo): void {
    const { url, serverName, version } = broker;
    this.#logger.info(`broker link is up`, { link: name, url, serverName, version });
    if (name === 'control') this.#listener?.up();
  }

  #onLinkDown(name: string, error: AiflowError): void {
    this.#counters.disconnects++;
    if (name === 'bulk') this.#outbound.failQueued(error);
    if (this.#closed !== undefined) return;
    this.#logger.warn(`broker link is down: ${error.message}`, { link: name });
    if (name === 'control') this.#listener?.down(error);
  }

  #onLost({ reply }: Publication, error: AiflowError): void {
    this.#counters.lost++;
    if (reply !== undefined) this.#undelivered.lost(reply, error);
  }

  /** A refused publish fails what it began; the broker sends no other answer to it. */
  #onRefused(error: AiflowError): void {
    this.#lastRefusal = error;
    this.#log.warn('refused-by-broker', error.message);
    const subject = parseSubject(error.details.subject ?? '');
    if (subject?.kind !== 'message') return;
    this.#undelivered.failAll(error, subject.to.node, subject.actor);
  }

  #turnAway(from: NodePlace, envelope: Envelope): void {
    const { fleet } = this.#options;
    const to = {
      kind: 'message',
      fleet,
      from: this.place,
      to: from,
      actor: envelope.from.actor,
      lane: 'control',
    } as const;
    if (!this.#control.isUp) return;
    this.#control.publish(formatSubject(to), encodeEnvelope(refusalOf(envelope, this.bootId, this.#clock.nowMs())));
  }

  async #shutDown(): Promise<void> {
    const limitMs = this.#options.closeLimitMs ?? 2_000;
    const limit = new AbortController();
    await Promise.race([this.#outbound.whenIdle(), sleep(this.#clock, limitMs, limit.signal).catch(() => undefined)]);
    limit.abort();
    await Promise.all([this.#control.close(limitMs), this.#bulk.close(limitMs)]);
    this.#inbound.close();
  }

  #makeLink(collaborators: NatsTransportCollaborators, name: 'control' | 'bulk', endpoint: BrokerEndpoint): NatsLink {
    const events = {
      up: (broker: BrokerInfo) => this.#onLinkUp(name, broker),
      down: (error: AiflowError) => this.#onLinkDown(name, error),
      lost: (publication: Publication, error: AiflowError) => this.#onLost(publication, error),
      refused: (error: AiflowError) => this.#onRefused(error),
    };
    const { pingIntervalMs, reconnectWaitMs } = this.#options;
    return createNatsLink(
      { ...collaborators, logger: this.#logger, events },
      {
        name: name === 'control' ? this.node : `${this.node} (bulk)`,
        endpoint,
        ...(pingIntervalMs === undefined ? {} : { pingIntervalMs }),
        ...(reconnectWaitMs === undefined ? {} : { reconnectWaitMs }),
      },
    );
  }

  #makeInbound(): InboundFrames {
    const { chunkTimeoutMs } = this.#options;
    return createInboundFrames(
      {
        self: this.place,
        clock: this.#clock,
        log: this.#log,
        counters: this.#counters,
        isAdmitted: place => this.#peers.isAdmitted(place),
        deliver: envelope => this.#onDelivery(envelope),
        turnAway: (from, envelope) => this.#turnAway(from, envelope),
      },
      { maxPayloadBytes: this.maxPayloadBytes, ...(chunkTimeoutMs === undefined ? {} : { chunkTimeoutMs }) },
    );
  }

  #makeInbox(): InboxSubscriptions {
    return createInboxSubscriptions(
      {
        fleet: this.#options.fleet,
        self: this.place,
        control: this.#control,
        bulk: this.#bulk,
        onControl: message => this.#onControl(message),
        onBulk: message => this.#inbound.accept(message),
        onEvent: message => this.#announcer.accept(message),
      },
      { mode: this.#options.inboxMode ?? 'by-sender', hearing: this.#options.hearing ?? 'fleet' },
    );
  }

  /** A link that is down subscribes when it comes up, before anything else. */
  async #settle(): Promise<void> {
    await Promise.allSettled([this.#control.flush(), this.#bulk.flush()]);
  }

  #hop(to: Address): string {
    return `${this.node} -> ${to.node}/${to.actor}`;
  }

  #closedError(to: Address): AiflowError {
    return new AiflowError('unavailable', `transport of ${this.node} is closed`, { hop: this.#hop(to) });
  }
}
