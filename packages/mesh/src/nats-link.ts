// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@aiflow/actor';
import type { AiflowError } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { Msg } from '@nats-io/transport-node';
import type { BrokerEndpoint } from './broker-endpoint.ts';
import type { Publication } from './publish-batch.ts';

/** What is known of the broker at the other end; read from its greeting, never assumed. */
export interface BrokerInfo {
  readonly url: string;
  readonly serverName: string;
  readonly version: string;
  readonly maxPayloadBytes: number;
  readonly supportsHeaders: boolean;
}

/** Timing of a link. */
export interface NatsLinkOptions {
  /** What the broker's monitoring shows, and the name of this end in errors. */
  readonly name: string;
  readonly endpoint: BrokerEndpoint;
  /** Default 5 000: with `maxPingsOut` 2, a silent link is noticed after about 14 s. */
  readonly pingIntervalMs?: number;
  readonly maxPingsOut?: number;
  /** Pause between attempts to connect, with as much jitter again. Default 250. */
  readonly reconnectWaitMs?: number;
  /** Time for one attempt to connect. Default 2 000. */
  readonly connectTimeoutMs?: number;
  /** Bytes that may be outstanding; one more message is refused. Default 32 MiB. */
  readonly maxOutstandingBytes?: number;
  /**
   * Once the first attempt to connect failed for want of a broker, go on even where one refuses the credentials, every 30 s.
   * Default false: refused credentials end `open`.
   */
  readonly insist?: boolean;
}

/** What a link tells its owner. None of these may throw. */
export interface NatsLinkEvents {
  /** The first attempt to connect failed; it is tried on. */
  unreachable(error: AiflowError): void;
  up(broker: BrokerInfo): void;
  down(error: AiflowError): void;
  /** The link went down before this left. */
  lost(publication: Publication, error: AiflowError): void;
  /** The broker refused a publish or a subscription. */
  refused(error: AiflowError): void;
}

/** One broker connection. */
export interface NatsLink {
  readonly isUp: boolean;
  readonly broker: BrokerInfo | undefined;
  readonly outstandingBytes: number;
  /** Bytes a second at which the broker last took what was sent in a burst; 0 when unknown. */
  readonly bytesPerSecond: number;
  /** Resolves when the link is up for the first time. Rejects with `unauthenticated`, or the signal's reason. */
  open(signal?: AbortSignal): Promise<void>;
  /** Throws `unavailable` when the link is down. */
  checkUp(): void;
  /** Throws `unavailable` when the link is down and `resource-exhausted` when too much is outstanding. */
  publish(subject: string, bytes: Uint8Array, reply?: string): void;
  /** Stays through reconnects until the returned function is called. */
  subscribe(subject: string, onMessage: (message: Msg) => void): () => void;
  /** Resolves when fewer than `bytes` are outstanding; rejects with `unavailable` when the link goes down. */
  whenBelow(bytes: number): Promise<void>;
  /** Resolves when the broker has taken everything sent before. */
  flush(): Promise<void>;
  /** Delivers what arrived and flushes what was sent, for at most `limitMs`, then ends. Idempotent. */
  close(limitMs: number): Promise<void>;
}

/** What a link works with. */
export interface LinkCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: NatsLinkEvents;
}
