// SPDX-License-Identifier: Apache-2.0
import type { Transport, TransportReceiver } from '@aiflow/actor';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createTransportInbox, type TransportInbox } from './transport-inbox.ts';

/** The nodes that the suite makes transports for; nothing else may answer to {@link ABSENT_NODE}. */
export const SUITE_NODES = ['alpha', 'beta', 'gamma'] as const;

/** A node nobody is. */
export const ABSENT_NODE = 'nobody';

/** Gives the suite transports that can reach one another. */
export interface TransportHarness {
  /** A transport for `node`, not started. Called again for the same node after the earlier one was closed. */
  transports(node: string): Promise<Transport>;
  /** Breaks the links between all nodes, the way links break. */
  cut?(): Promise<void>;
  /** Mends them. */
  heal?(): Promise<void>;
  /** Makes `bytes` arrive at `node` as if another node had sent them as one message. */
  inject?(node: string, bytes: Uint8Array): Promise<void>;
  /** Frees what `setup` took. The suite has closed the transports by then. */
  dispose(): Promise<void>;
}

/** What a transport can't be expected to do. Everything defaults to true. */
export interface TransportCapabilities {
  /** Reports a message to a node that is not there within two seconds. */
  readonly detectsAbsentNode?: boolean;
  /** The one node through which all others go: they reach it, and it them, and none of them another. Default: none is. */
  readonly hub?: (typeof SUITE_NODES)[number];
  /** Refuses, by `resource-exhausted`, payloads above `maxPayloadBytes`. */
  readonly limitsPayload?: boolean;
}

/** The suite's transports, closed after each test. */
export interface TransportBench {
  readonly harness: TransportHarness;
  /** The nodes of the suite, the hub first if there is one. */
  readonly nodes: readonly string[];
  /** Whether messages from one node reach another. */
  reaches(from: string, to: string): boolean;
  /** A started transport, after that of the hub if there is one; without `receiver` what arrives is dropped. */
  open(node: string, receiver?: TransportReceiver): Promise<Transport>;
  /** A started transport and what arrives there. */
  openInbox(node: string): Promise<{ readonly transport: Transport; readonly inbox: TransportInbox }>;
  /** Closes, or disposes of, `closable` after the test. */
  closeLater(closable: () => PromiseLike<unknown>): void;
}

/** Registers the hooks that set up once, close transports after each test, and dispose at the end. */
export function useTransportBench(
  setup: () => Promise<TransportHarness>,
  { hub }: Pick<TransportCapabilities, 'hub'> = {},
): TransportBench {
  let harness: TransportHarness | undefined;
  let closables: (() => PromiseLike<unknown>)[] = [];
  let hubIsOpen = hub === undefined;
  beforeAll(async () => {
    harness = await setup();
  });
  afterEach(async () => {
    const closing = closables.reverse();
    closables = [];
    hubIsOpen = hub === undefined;
    for (const close of closing) await close();
  });
  afterAll(async () => {
    await harness?.dispose();
  });
  const bench: TransportBench = {
    get harness() {
      if (harness === undefined) throw new Error('setup did not finish');
      return harness;
    },
    nodes: [...SUITE_NODES].sort((one, other) => Number(other === hub) - Number(one === hub)),
    reaches: (from, to) => from !== to && (hub === undefined || from === hub || to === hub),
    open: async (node, receiver = createTransportInbox()) => {
      if (node === hub) hubIsOpen = true;
      else if (!hubIsOpen && hub !== undefined) await bench.open(hub);
      const transport = await bench.harness.transports(node);
      bench.closeLater(() => transport.close());
      await transport.start(receiver);
      return transport;
    },
    openInbox: async node => {
      const inbox = createTransportInbox();
      return { transport: await bench.open(node, inbox), inbox };
    },
    closeLater: closable => void closables.push(closable),
  };
  return bench;
}
