// SPDX-License-Identifier: Apache-2.0
import type { Transport, TransportReceiver } from '@aiflow/actor';
import type { AiflowError, Envelope } from '@aiflow/protocol';
import { vi } from 'vitest';

/** A receiver that keeps what it is given. */
export interface TransportInbox extends TransportReceiver {
  readonly envelopes: readonly Envelope[];
  readonly bounced: readonly { readonly messageId: string; readonly error: AiflowError }[];
  /**
   * Resolves to the messages that this boot of `from` sent when at least `count` of them have arrived; fails after
   * `timeoutMs`, default 10 000. Late messages of earlier boots are not among them.
   */
  received(from: Transport, count: number, timeoutMs?: number): Promise<readonly Envelope[]>;
}

/** An empty inbox. */
export function createTransportInbox(): TransportInbox {
  const envelopes: Envelope[] = [];
  const bounced: { messageId: string; error: AiflowError }[] = [];
  return {
    envelopes,
    bounced,
    deliver: envelope => void envelopes.push(envelope),
    undeliverable: (messageId, error) => void bounced.push({ messageId, error }),
    received: (from, count, timeoutMs = 10_000) => {
      const check = (): readonly Envelope[] => {
        const arrived = envelopes.filter(envelope => envelope.bootId === from.bootId);
        if (arrived.length < count) throw new Error(`${arrived.length} of ${count} messages arrived`);
        return arrived;
      };
      return vi.waitFor(check, { timeout: timeoutMs, interval: 2 });
    },
  };
}
