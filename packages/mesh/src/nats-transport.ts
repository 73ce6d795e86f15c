// SPDX-License-Identifier: Apache-2.0
import type { Logger, Transport } from '@aiflow/actor';
import type { AiflowError } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { AnnouncementListener } from './announcement.ts';
import type { BrokerEndpoint } from './broker-endpoint.ts';
import type { InboxMode } from './inbox-subscriptions.ts';
import type { BrokerInfo } from './nats-link.ts';
import type { NodePlace } from './subjects.ts';
import type { TransportCounters } from './transport-counters.ts';

/** What a NATS transport works with. */
export interface NatsTransportCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

/** Where a node is and how it reaches its broker. */
export interface NatsTransportOptions {
  readonly fleet: string;
  readonly site: string;
  readonly node: string;
  readonly bootId: string;
  /** For small messages, which never queue behind big ones. */
  readonly control: BrokerEndpoint;
  /** For big ones: a connection of its own, by default to the same broker; behind a leaf, best another account. */
  readonly bulk?: BrokerEndpoint;
  /** The largest payload of one message. Default 8 MiB. */
  readonly maxPayloadBytes?: number;
  /** A message above this goes over the bulk endpoint. Default 64 KiB. */
  readonly maxControlBytes?: number;
  /** Bulk bytes that may wait in this process. Default 64 MiB. */
  readonly maxQueuedBytes?: number;
  /** How long an unfinished chunked message is kept. Default 30 000. */
  readonly chunkTimeoutMs?: number;
  /** Whose events and hellos it listens to. A device hears its `site`, others the `fleet`, which is the default. */
  readonly hearing?: 'site' | 'fleet';
  /** Default `by-sender`. */
  readonly inboxMode?: InboxMode;
  /** Default 5 000: a silent link is noticed after about 14 s. */
  readonly pingIntervalMs?: number;
  /** Default 250, with as much jitter again. */
  readonly reconnectWaitMs?: number;
  /** Try on where the broker appears after the start and refuses the credentials; see `NatsLinkOptions`. Default false. */
  readonly insist?: boolean;
  /** The longest `close` may flush. Default 2 000. */
  readonly closeLimitMs?: number;
}

/** How a transport's connections are. */
export interface NatsTransportHealth {
  readonly control: 'up' | 'down';
  readonly bulk: 'up' | 'down';
  readonly broker: BrokerInfo | undefined;
  /** The last thing the broker refused, if anything. */
  readonly lastRefusal: AiflowError | undefined;
  /** Rate at which the broker takes bulk data; 0 when unknown. */
  readonly bytesPerSecond: number;
  readonly queuedBytes: number;
}

/** A {@link Transport} over NATS. Its peers are told to it: by a mesh that verified them, or by hand. */
export interface NatsTransport extends Transport {
  readonly place: NodePlace;
  /**
   * From now on messages go to and come from this node. Resolves when what it sends can arrive, which takes a round
   * trip where each sender is subscribed to by name; never rejects.
   */
  admit(place: NodePlace): Promise<void>;
  /** From now on they don't: sending fails with `reason`, and so does what is open with it. */
  dismiss(node: string, reason: AiflowError): void;
  /** Fails what is open with a node that lost it, such as by a restart. */
  abandon(node: string, reason: AiflowError): void;
  /** Forgets a node that was dismissed. */
  forget(node: string): void;
  /** Hands announcements to `listener` instead of dropping them. Call it before `start`. */
  listen(listener: AnnouncementListener): void;
  /** Says hello to the fleet. Throws `unavailable` when the link is down, as do the next two. */
  hello(bytes: Uint8Array): void;
  /** Says something to all who listen. */
  announce(event: string, bytes: Uint8Array): void;
  /** Says something to one node, admitted or not. */
  introduce(to: NodePlace, bytes: Uint8Array): void;
  health(): NatsTransportHealth;
  counters(): TransportCounters;
}
