// SPDX-License-Identifier: Apache-2.0
import { createSlotIndex } from '@aiflow/actor';
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

/** Nothing ends a tell, but the broker answers within milliseconds. */
const MAX_TELLS = 1024;

/** Remembers up to `maxExchanges` open asks and streams (default 8 192); past it the oldest is forgotten. */
export function createPendingExchanges(maxExchanges = 8192): PendingExchanges {
  const exchanges = new SentRing(maxExchanges);
  const tells = new SentRing(MAX_TELLS);
  return {
    add: ({ kind, messageId, to }) => (kind === 'tell' ? tells : exchanges).add(messageId, to),
    end: correlationId => void exchanges.take(correlationId),
    take: messageId => exchanges.take(messageId) ?? tells.take(messageId),
    takeAll: (node, actor) => exchanges.takeAll(to => to.node === node && (actor === undefined || to.actor === actor)),
  };
}

/** The last messages sent, of which any can be taken out. Not a Map, for the reason that `createSlotIndex` gives. */
class SentRing {
  readonly #index: ReturnType<typeof createSlotIndex>;
  readonly #receivers: (Address | undefined)[];
  #next = 0;

  constructor(capacity: number) {
    this.#index = createSlotIndex(capacity);
    this.#receivers = new Array<Address | undefined>(capacity).fill(undefined);
  }

  add(messageId: string, to: Address): void {
    this.take(messageId);
    this.#index.remove(this.#next);
    this.#index.insert(this.#next, messageId);
    this.#receivers[this.#next] = to;
    this.#next = (this.#next + 1) % this.#receivers.length;
  }

  take(messageId: string): Address | undefined {
    const slot = this.#index.find(messageId);
    return slot < 0 ? undefined : this.#takeSlot(slot);
  }

  /** The ids of what is taken out, in no particular order. */
  takeAll(isWanted: (to: Address) => boolean): readonly string[] {
    const ids: string[] = [];
    for (const [slot, to] of this.#receivers.entries()) {
      const id = this.#index.keyAt(slot);
      if (to === undefined || id === undefined || !isWanted(to)) continue;
      ids.push(id);
      this.#takeSlot(slot);
    }
    return ids;
  }

  #takeSlot(slot: number): Address | undefined {
    const to = this.#receivers[slot];
    this.#receivers[slot] = undefined;
    this.#index.remove(slot);
    return to;
  }
}
