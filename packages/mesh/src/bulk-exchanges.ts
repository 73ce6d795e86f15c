// SPDX-License-Identifier: Apache-2.0
import type { Envelope } from '@aiflow/protocol';

/** Decides what goes over the bulk link. */
export interface BulkExchanges {
  /** True when the message of this encoded size takes the bulk link. Remembers its exchange then. */
  takes(envelope: Envelope, encodedBytes: number): boolean;
}

const MAX_REMEMBERED = 4096;

/** Messages of class `bulk`, those above what `maxControlBytes` says now, and all that follow in an exchange that had one. */
export function createBulkExchanges(maxControlBytes: () => number): BulkExchanges {
  const exchanges = new Set<string>();
  return {
    takes: (envelope, encodedBytes) => {
      const exchange = envelope.correlationId || envelope.messageId;
      if (exchanges.size > 0 && exchanges.has(exchange)) return true;
      if (envelope.deliveryClass !== 'bulk' && encodedBytes <= maxControlBytes()) return false;
      exchanges.add(exchange);
      const [oldest] = exchanges;
      if (exchanges.size > MAX_REMEMBERED && oldest !== undefined) exchanges.delete(oldest);
      return true;
    },
  };
}
