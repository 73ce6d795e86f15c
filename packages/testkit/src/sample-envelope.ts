// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@aiflow/actor';
import type { Envelope } from '@aiflow/protocol';

let made = 0;

/** A tell from `transport`'s node to `toNode` with a fresh message id; `fields` replace what it has. */
export function sampleEnvelope(transport: Transport, toNode: string, fields: Partial<Envelope> = {}): Envelope {
  made += 1;
  return {
    kind: 'tell',
    deliveryClass: 'control',
    messageId: `${transport.bootId}.sample-${made}`,
    correlationId: '',
    from: { node: transport.node, actor: 'sender' },
    to: { node: toNode, actor: 'receiver' },
    remainingMs: 10_000,
    sentAtMs: 1.5,
    bootId: transport.bootId,
    payloadType: 'testkit.sample',
    payloadEncoding: 'native',
    payload: new Uint8Array([1, 2, 3]),
    trace: undefined,
    position: 0,
    latestKey: '',
    ...fields,
  };
}
