// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@aiflow/actor';
import type { Envelope } from '@aiflow/protocol';

let made = 0;

/** A tell to `toNode` with a fresh message id, as that node in that boot sends it; `fields` replace what it has. */
export function sampleEnvelope(
  { node, bootId }: Pick<Transport, 'node' | 'bootId'>,
  toNode: string,
  fields: Partial<Envelope> = {},
): Envelope {
  made += 1;
  return {
    kind: 'tell',
    deliveryClass: 'control',
    messageId: `${bootId}.sample-${made}`,
    correlationId: '',
    from: { node, actor: 'sender' },
    to: { node: toNode, actor: 'receiver' },
    remainingMs: 10_000,
    sentAtMs: 1.5,
    bootId,
    payloadType: 'testkit.sample',
    payloadEncoding: 'native',
    payload: new Uint8Array([1, 2, 3]),
    trace: undefined,
    position: 0,
    latestKey: '',
    ...fields,
  };
}
