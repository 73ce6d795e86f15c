// SPDX-License-Identifier: Apache-2.0
import type { Address, Envelope } from '@aiflow/protocol';

/** What was sent and may still turn out to be undeliverable, so that the error can name where it was going. */
export interface PendingExchanges {
  /** Remembers an ask, stream-open or tell. */
  add(envelope: Envelope): void;
  /** Forgets the exchange that an incoming reply, failure or stream-end, or an outgoing cancel, ends. */
  end(correlationId: string): void;
  /** Takes out one message and tells where it was going. */
  take(messageId: string): Address | undefined;
  /** Takes out every open exchange with `node`, or only those with its `actor`. */
  takeAll(node: string, actor?: string): readonly string[];
}

/** A peer's tells are remembered in a ring: nothing ends them, and the broker answers within milliseconds. */
const MAX_TELLS = 1024;

/** Remembers up to `maxExchanges` open asks and streams (default 8 192); past it the oldest is forgotten. */
export function createPendingExchanges(maxExchanges = 8192): PendingExchanges {
  const exchanges = new Map<string, Address>();
  const tells = new Map<string, Address>();
  const addBounded = (map: Map<string, Address>, envelope: Envelope, limit: number): void => {
    map.set(envelope.messageId, envelope.to);
    if (map.size > limit) map.delete(map.keys().next().value ?? '');
  };
  return {
    add: envelope => {
      if (envelope.kind === 'tell') addBounded(tells, envelope, MAX_TELLS);
      else addBounded(exchanges, envelope, maxExchanges);
    },
    end: correlationId => void exchanges.delete(correlationId),
    take: messageId => {
      const map = exchanges.has(messageId) ? exchanges : tells;
      const to = map.get(messageId);
      map.delete(messageId);
      return to;
    },
    takeAll: (node, actor) => {
      const ids = [...exchanges]
        .filter(([, to]) => to.node === node && (actor === undefined || to.actor === actor))
        .map(([messageId]) => messageId);
      for (const messageId of ids) exchanges.delete(messageId);
      return ids;
    },
  };
}
