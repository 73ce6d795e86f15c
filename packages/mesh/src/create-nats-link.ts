// SPDX-License-Identifier: Apache-2.0
//
// One connection to a broker, kept up for ever.
//
//   idle --open--> dialling --connected--> up --lost--> down --reconnected--> up ... --close--> closed
//
// L1  Nothing is published unless the link is up: the client would take it and drop it without an exception.
// L2  The first connect is retried like every later one; only an abort ends it early, and refused credentials unless it
//     insists (broker-dialling.ts).
// L3  What the broker has not taken yet is bounded, and whoever sends much waits for it to fall (outbound-window.ts): it
//     is the only back-pressure there is.
// L4  When the link goes down, everybody who waits learns it at once, and nothing counts as outstanding any more.
// L5  Subscriptions outlive connections, whoever re-made them (kept-subscriptions.ts).
// L6  What was published in the turn in which the link went down is handed back by `lost`.
// L7  No callback given to the client throws: an exception there would end its reader for good.
import { AiflowError } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import type { Msg, NatsConnection, Status } from '@nats-io/transport-node';
import { brokerInfoOf, dialUntilAdopted, RECONNECT_WAIT_MS } from './broker-dialling.ts';
import { endpointUrls } from './broker-endpoint.ts';
import { createKeptSubscriptions, type KeptSubscriptions } from './kept-subscriptions.ts';
import { fromNatsError } from './nats-errors.ts';
import type { BrokerInfo, LinkCollaborators, NatsLink, NatsLinkOptions } from './nats-link.ts';
import { createOutboundWindow, type OutboundWindow } from './outbound-window.ts';
import { createPublishBatch, type Publication, type PublishBatch } from './publish-batch.ts';

/** Makes a link; `open` connects it. */
export function createNatsLink(collaborators: LinkCollaborators, options: NatsLinkOptions): NatsLink {
  return new KeptLink(collaborators, options);
}

class KeptLink implements NatsLink {
  isUp = false;
  broker: BrokerInfo | undefined;
  readonly #collaborators: LinkCollaborators;
  readonly #options: NatsLinkOptions;
  readonly #hop: string;
  readonly #subscriptions: KeptSubscriptions;
  readonly #maxOutstandingBytes: number;
  readonly #window: OutboundWindow;
  readonly #batch: PublishBatch = createPublishBatch(publication => this.#leave(publication));
  #connection: NatsConnection | undefined;
  #closing = false;

  constructor(collaborators: LinkCollaborators, options: NatsLinkOptions) {
    this.#collaborators = collaborators;
    this.#options = options;
    this.#hop = `${options.name} -> broker ${endpointUrls(options.endpoint).join(',')}`;
    this.#maxOutstandingBytes = options.maxOutstandingBytes ?? 32 * 1024 * 1024;
    this.#subscriptions = createKeptSubscriptions(collaborators.logger);
    this.#window = createOutboundWindow(collaborators.clock, () => this.flush());
  }

  get outstandingBytes(): number {
    return this.#window.outstandingBytes;
  }

  get bytesPerSecond(): number {
    return this.#window.bytesPerSecond;
  }

  open(signal?: AbortSignal): Promise<void> {
    const checkOpen = (): void => {
      if (this.#closing) throw this.#downError();
    };
    const adopt = (connection: NatsConnection): Promise<void> => this.#adopt(connection, signal);
    const { events } = this.#collaborators;
    const outcome = {
      ...{ checkOpen, adopt },
      unreachable: (error: AiflowError) => events.unreachable(error),
      refused: (error: AiflowError) => events.refused(error),
    };
    return dialUntilAdopted(this.#collaborators, { ...this.#options, hop: this.#hop }, outcome, signal);
  }

  checkUp(): void {
    if (!this.isUp) throw this.#downError();
  }

  publish(subject: string, bytes: Uint8Array, reply?: string): void {
    this.checkUp();
    const size = bytes.byteLength + subject.length;
    if (this.outstandingBytes + size > this.#maxOutstandingBytes) throw this.#fullError(size);
    this.#batch.publish({ subject, bytes, reply });
    this.#window.add(size);
  }

  subscribe(subject: string, onMessage: (message: Msg) => void): () => void {
    return this.#subscriptions.add(subject, onMessage);
  }

  whenBelow(bytes: number): Promise<void> {
    if (!this.isUp) return Promise.reject(this.#downError());
    return this.#window.whenBelow(bytes);
  }

  async flush(): Promise<void> {
    if (!this.isUp) throw this.#downError();
    this.#batch.flush();
    try {
      await this.#connection?.flush();
    } catch (error) {
      throw fromNatsError(error, this.#hop);
    }
  }

  async close(limitMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const connection = this.#connection;
    const wasUp = this.isUp;
    this.#batch.flush();
    this.#goDown(new AiflowError('unavailable', 'broker connection was closed by this node', { hop: this.#hop }));
    if (connection === undefined || connection.isClosed()) return;
    const drained = (wasUp ? connection.drain() : Promise.resolve()).catch(error => this.#logDrain(error));
    const limit = new AbortController();
    await Promise.race([drained, sleep(this.#collaborators.clock, limitMs, limit.signal).catch(() => undefined)]);
    limit.abort();
    await connection.close();
  }

  #leave({ subject, bytes, reply }: Publication): void {
    try {
      this.#connection?.publish(subject, bytes, reply === undefined ? undefined : { reply });
    } catch (cause) {
      this.#collaborators.events.lost({ subject, bytes, reply }, fromNatsError(cause, this.#hop));
    }
  }

  async #adopt(connection: NatsConnection, signal?: AbortSignal): Promise<void> {
    if (this.#closing || signal?.aborted) {
      await connection.close();
      signal?.throwIfAborted();
      throw this.#downError();
    }
    this.#connection = connection;
    void this.#follow(connection);
    this.#subscriptions.attach(connection);
    await connection.flush();
    this.#goUp(connection);
  }

  /** Ends with the connection; the client never ends it by itself, but if it did, we would dial anew (L2). */
  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) this.#onStatus(connection, status);
    if (this.#closing) return;
    this.#connection = undefined;
    this.#subscriptions.detach();
    this.#goDown(this.#downError());
    this.#collaborators.logger.error('broker client gave up, dialling anew', { hop: this.#hop });
    await this.open().catch(error => this.#collaborators.events.refused(fromNatsError(error, this.#hop)));
  }

  #onStatus(connection: NatsConnection, status: Status): void {
    const { events, logger } = this.#collaborators;
    switch (status.type) {
      case 'disconnect':
        this.#goDown(this.#downError());
        break;
      case 'reconnect':
        this.#goUp(connection);
        break;
      case 'error':
        events.refused(fromNatsError(status.error, this.#hop));
        break;
      case 'staleConnection':
      case 'ldm':
        logger.warn(`broker link: ${status.type}`, { hop: this.#hop });
        break;
      default:
        break;
    }
  }

  #goUp(connection: NatsConnection): void {
    if (this.isUp || this.#closing) return;
    this.broker = brokerInfoOf(connection);
    this.isUp = true;
    this.#collaborators.events.up(this.broker);
  }

  #goDown(error: AiflowError): void {
    this.#window.reset(error);
    if (!this.isUp) return;
    this.isUp = false;
    for (const publication of this.#batch.takeBack()) this.#collaborators.events.lost(publication, error);
    this.#collaborators.events.down(error);
  }

  #logDrain(error: unknown): void {
    const reason = fromNatsError(error, this.#hop).message;
    this.#collaborators.logger.warn(`broker link closed before everything was flushed: ${reason}`, { hop: this.#hop });
  }

  #downError(): AiflowError {
    const options = { hop: this.#hop, retryAfterMs: this.#options.reconnectWaitMs ?? RECONNECT_WAIT_MS };
    return new AiflowError('unavailable', `no connection to the broker: reconnecting`, options);
  }

  #fullError(size: number): AiflowError {
    return new AiflowError(
      'resource-exhausted',
      `${this.outstandingBytes} bytes wait for the broker and ${size} more exceed maxOutstandingBytes ` +
        `${this.#maxOutstandingBytes}: send slower or await what send returns`,
      { hop: this.#hop, retryAfterMs: 100 },
    );
  }
}
