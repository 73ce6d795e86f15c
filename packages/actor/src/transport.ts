// SPDX-License-Identifier: Apache-2.0
import type { AiflowError, Envelope } from '@aiflow/protocol';

/** What an actor system gives a transport to hand messages to. Neither method throws or waits. */
export interface TransportReceiver {
  deliver(envelope: Envelope): void;
  /**
   * The message `messageId`, sent from here, will not arrive: nobody listens, or the peer refused it.
   * Called at most once a message, and only where the transport knows; silence promises nothing.
   */
  undeliverable(messageId: string, error: AiflowError): void;
}

/**
 * Carries envelopes between nodes. At most once, in order for one (sender, receiver, delivery class) while a link
 * stays up; a transport may lose what was in flight when a link breaks, and the layers above reckon with that.
 *
 * Every implementation passes `describeTransport` of `@aiflow/testkit`.
 */
export interface Transport {
  /** The node whose messages it carries. */
  readonly node: string;
  /** Distinguishes this run of the node from every other. */
  readonly bootId: string;
  /** The largest payload `send` takes, in bytes; larger ones must be streamed. */
  readonly maxPayloadBytes: number;
  /** Begins to deliver. Resolves once messages sent from elsewhere can arrive. */
  start(receiver: TransportReceiver, signal?: AbortSignal): Promise<void>;
  /**
   * Hands a message to the link. Returns nothing when it was handed over at once, or a promise that resolves when
   * it was; back-pressure is the promise. Throws or rejects with `unavailable` (no link, unknown or dead node),
   * `resource-exhausted` (outbound queue full, payload too large) or `failed-precondition` (refused peer), naming the hop.
   * A message is never dropped without an error.
   */
  send(envelope: Envelope): void | Promise<void>;
  /** Stops delivering, flushes what was handed over, and frees the link. Idempotent. */
  close(): Promise<void>;
}
