// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@aiflow/actor';
import type { Door } from './door.ts';

/**
 * A node's one transport over two ways: messages to clients that are in by the door go there, all others over `uplink`.
 * Starting it opens the door first, so that programs on the machine need not wait for the uplink.
 */
export function createRoutedTransport(
  uplink: Transport,
  door: Pick<Door, 'open' | 'has' | 'send' | 'close'>,
): Transport {
  return {
    node: uplink.node,
    bootId: uplink.bootId,
    maxPayloadBytes: uplink.maxPayloadBytes,
    start: async (receiver, signal) => {
      signal?.throwIfAborted();
      await door.open(receiver);
      try {
        await uplink.start(receiver, signal);
      } catch (error) {
        await door.close();
        throw error;
      }
    },
    send: envelope => (door.has(envelope.to.node) ? door.send(envelope) : uplink.send(envelope)),
    close: async () => void (await Promise.all([door.close(), uplink.close()])),
  };
}
