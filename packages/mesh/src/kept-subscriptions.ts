// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';

/** Subscriptions that outlive the connection they were made on; L5 and L7 of create-nats-link.ts. */
export interface KeptSubscriptions {
  /** Subscribes now, if there is a connection, and on each one that comes. Returns what ends it. */
  add(subject: string, onMessage: (message: Msg) => void): () => void;
  /** From now on `connection` is the one. The client itself subscribes again when it reconnects. */
  attach(connection: Pick<NatsConnection, 'subscribe'>): void;
  /** The connection is gone for good. */
  detach(): void;
}

interface Interest {
  readonly subject: string;
  readonly onMessage: (message: Msg) => void;
  subscription: Subscription | undefined;
}

/** No subscriptions yet, and no connection. A handler that throws is logged as the bug it is. */
export function createKeptSubscriptions(logger: Logger): KeptSubscriptions {
  const interests = new Set<Interest>();
  let connection: Pick<NatsConnection, 'subscribe'> | undefined;

  /** L7 */
  const guard = ({ subject, onMessage }: Interest, message: Msg): void => {
    try {
      onMessage(message);
    } catch (error) {
      const reason = AiflowError.from(error, 'internal').message;
      logger.error(`bug: a subscription's handler threw: ${reason}`, { subject });
    }
  };
  const register = (on: Pick<NatsConnection, 'subscribe'>, interest: Interest): void => {
    interest.subscription = on.subscribe(interest.subject, {
      callback: (error, message) => {
        if (error === null) guard(interest, message);
      },
    });
  };
  return {
    add: (subject, onMessage) => {
      const interest: Interest = { subject, onMessage, subscription: undefined };
      interests.add(interest);
      if (connection !== undefined) register(connection, interest);
      return () => {
        interests.delete(interest);
        if (interest.subscription?.isClosed() === false) interest.subscription.unsubscribe();
      };
    },
    attach: next => {
      connection = next;
      for (const interest of interests) register(next, interest); // L5
    },
    detach: () => {
      connection = undefined;
    },
  };
}
