// SPDX-License-Identifier: Apache-2.0
import { type Address, AiflowError, type Envelope } from '@aiflow/protocol';
import type { Msg } from '@nats-io/transport-node';
import { createPendingExchanges } from './pending-exchanges.ts';
import { messageOfToken, tokenOfMessage } from './subjects.ts';

/** Finds out what will not arrive, and tells its sender once. */
export interface UndeliveredReports {
  /** The reply subject with which to publish what begins an exchange; undefined for other messages. */
  replySubject(envelope: Envelope): string | undefined;
  /** A message came; an exchange that it ends can't be undeliverable any more. */
  arrived(envelope: Envelope): void;
  /** The send failed, so its caller knows already. */
  forget(messageId: string): void;
  /** Takes the broker's answer "no responders". */
  accept(message: Msg): void;
  /** The message with this reply subject did not leave. */
  lost(replySubject: string, error: AiflowError): void;
  /** Fails what is open with a node, or with one of its actors. */
  failAll(error: AiflowError, node: string, actor?: string): void;
}

/** `report` is called at most once a message. `prefix` is the subject before the token. */
export function createUndeliveredReports(
  self: string,
  prefix: string,
  report: (messageId: string, error: AiflowError) => void,
): UndeliveredReports {
  const pending = createPendingExchanges();
  const expect = (envelope: Envelope): string | undefined => {
    const token = tokenOfMessage(envelope.messageId);
    if (token === undefined) return undefined;
    pending.add(envelope);
    return prefix + token;
  };
  const messageOf = (subject: string): string => messageOfToken(subject.slice(prefix.length));
  return {
    replySubject: envelope => {
      switch (envelope.kind) {
        case 'ask':
        case 'stream-open':
        case 'tell':
          return expect(envelope);
        case 'cancel':
          pending.end(envelope.correlationId);
          return undefined;
        default:
          return undefined;
      }
    },
    arrived: ({ kind, correlationId }) => {
      if (kind === 'reply' || kind === 'failure' || kind === 'stream-end') pending.end(correlationId);
    },
    forget: messageId => void pending.take(messageId),
    accept: message => {
      if (message.headers?.code !== 503) return;
      const messageId = messageOf(message.subject);
      const to = pending.take(messageId);
      if (to !== undefined) report(messageId, nobodyListens(self, to));
    },
    lost: (subject, error) => {
      const messageId = messageOf(subject);
      if (pending.take(messageId) !== undefined) report(messageId, error);
    },
    failAll: (error, node, actor) => {
      for (const messageId of pending.takeAll(node, actor)) report(messageId, error);
    },
  };
}

function nobodyListens(self: string, to: Address): AiflowError {
  return new AiflowError(
    'unavailable',
    `nobody listens for actor ${to.actor} on node ${to.node}: it left, or its link to the broker is down`,
    { hop: `${self} -> ${to.node}/${to.actor}` },
  );
}
