// SPDX-License-Identifier: Apache-2.0
//
// What a row of int8 features costs on the TCP link of a broker, to the byte: subject, framing, envelope and chunk.
import { createRowCodec } from '@aiflow/codec';
import { formatSubject } from '@aiflow/mesh';
import { type Envelope, encodeChunk, encodeEnvelope, featureChunkPayload } from '@aiflow/protocol';
import { expect, test } from 'vitest';

const WIDTH = 384;
const BUDGET = 64;
const ID = 'Zx81kQ_4wTpA.4d'; // nodes make ids of a boot's 12 characters and a count

const ENVELOPE: Omit<Envelope, 'kind' | 'deliveryClass' | 'position' | 'payload' | 'messageId'> = {
  correlationId: ID,
  from: { node: 'edge-1', actor: 'features' },
  to: { node: 'cloud-1', actor: 'continuer' },
  remainingMs: 0,
  sentAtMs: 123_456.789,
  bootId: 'Zx81kQ_4wTpA',
  payloadType: '',
  payloadEncoding: 'native',
  trace: undefined,
  latestKey: '',
};

function chunkOf(rows: number): Uint8Array {
  const hidden = Float32Array.from({ length: rows * WIDTH }, (_, index) => Math.sin(index));
  const encoded = createRowCodec('int8').encode(hidden, { rows, width: WIDTH });
  return featureChunkPayload.encode({ position: 139, epoch: 1, checksum: 0xdeadbeef, canonical: rows, ...encoded });
}

function onTheLink(lane: 'control' | 'bulk', message: Uint8Array): number {
  const [from, to] = [
    { site: 'harbour', node: 'edge-1' },
    { site: 'core', node: 'cloud-1' },
  ];
  const subject = formatSubject({ kind: 'message', fleet: 'local', from, to, actor: 'continuer', lane });
  return `PUB ${subject} ${message.byteLength}\r\n\r\n`.length + message.byteLength;
}

test.each([64_000, 125_000, 1_250_000, 125_000_000])('a prompt sent at %d bytes a second keeps to the budget', rate => {
  const chunkBytes = Math.min(rate * 0.05, rate < 2_500_000 ? 65_536 : 262_144);
  const rows = Math.floor(chunkBytes / (WIDTH + 4));
  const payload = chunkOf(rows);
  const item = {
    ...ENVELOPE,
    kind: 'stream-item',
    deliveryClass: 'bulk',
    position: 300,
    messageId: `${ID}#300`,
  } as const;
  const bytes = encodeEnvelope({ ...item, payload });
  const chunk = encodeChunk({ messageId: item.messageId, index: 0, count: 1, totalBytes: bytes.byteLength, bytes });
  expect(onTheLink('bulk', chunk) / rows - WIDTH).toBeLessThanOrEqual(BUDGET);
});

test('the row of a single said token does not: subject and framing alone take 58 bytes beside it', () => {
  const reply = { ...ENVELOPE, kind: 'reply', deliveryClass: 'control', position: 0, messageId: `${ID}#r` } as const;
  const message = encodeEnvelope({ ...reply, payload: chunkOf(1) });
  expect(onTheLink('control', message) - message.byteLength).toBe(58);
  expect(onTheLink('control', message) - WIDTH).toBe(176);
});
