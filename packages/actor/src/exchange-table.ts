// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Envelope } from '@aiflow/protocol';
import { createChurnMap } from './churn-map.ts';

/** An exchange this node began on another one. */
export interface OpenExchange {
  /** The only node that may answer. */
  readonly peer: string;
  receive(envelope: Envelope): void;
  fail(error: AiflowError): void;
}

/** The exchanges this node has open as a caller, local ones included: bounded, and empty again when all have ended. */
export interface ExchangeTable {
  readonly size: number;
  /** Counts an exchange within the node. Throws `resource-exhausted`. Pair it with {@link leave}. */
  enter(): void;
  leave(): void;
  /** Counts an exchange and finds it by `id` until {@link close}. Throws `resource-exhausted`. */
  open(id: string, exchange: OpenExchange): void;
  close(id: string): void;
  find(id: string): OpenExchange | undefined;
  /** Fails every exchange with another node. */
  failAll(error: AiflowError): void;
  /** Called each time the last exchange has ended. */
  onEmpty: (() => void) | undefined;
}

/** An empty table. */
export function createExchangeTable(node: string, maxOpen: number): ExchangeTable {
  const remote = createChurnMap<OpenExchange>();
  let size = 0;
  const table: ExchangeTable = {
    onEmpty: undefined,
    get size() {
      return size;
    },
    enter: () => {
      if (size >= maxOpen) throw tooMany(node, maxOpen);
      size += 1;
    },
    leave: () => {
      size -= 1;
      if (size === 0) table.onEmpty?.();
    },
    open: (id, exchange) => {
      table.enter();
      remote.set(id, exchange);
    },
    close: id => {
      if (remote.delete(id)) table.leave();
    },
    find: id => remote.get(id),
    failAll: error => {
      for (const exchange of remote.values()) exchange.fail(error);
    },
  };
  return table;
}

function tooMany(node: string, maxOpen: number): AiflowError {
  return new AiflowError(
    'resource-exhausted',
    `node ${node} has ${maxOpen} exchanges open, its maxOpenExchanges: wait for answers or raise it`,
    { node, retryAfterMs: 50 },
  );
}
