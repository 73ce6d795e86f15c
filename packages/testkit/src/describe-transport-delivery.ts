// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type DeliveryClass, type Envelope } from '@aiflow/protocol';
import { createSeededRandom } from '@aiflow/time';
import { expect, test } from 'vitest';
import { sampleEnvelope } from './sample-envelope.ts';
import type { TransportBench, TransportCapabilities } from './transport-harness.ts';

const CLASSES: readonly DeliveryClass[] = ['control', 'latest', 'bulk', 'durable'];

/** What arrives, and in which order. */
export function testTransportDelivery(bench: TransportBench, capabilities: TransportCapabilities): void {
  test.each(CLASSES)('carries every field of an envelope of class %s', async deliveryClass => {
    const { alpha, inbox } = await openTwo(bench);
    const sent = sampleEnvelope(alpha, 'beta', {
      kind: 'ask',
      deliveryClass,
      correlationId: 'the-exchange',
      remainingMs: 1234,
      sentAtMs: 987.25,
      payloadEncoding: 'json',
      payload: new TextEncoder().encode('{"text":"häl😀"}'),
      trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'vendor=1' },
      position: 77,
      latestKey: 'a key',
    });
    await alpha.send(sent);
    const [received] = await inbox.received(alpha, 1);
    expect(plain(received!)).toEqual(plain(sent));
  });

  test('carries messages both ways and between all pairs of nodes', async () => {
    const nodes = [];
    for (const node of bench.nodes) nodes.push({ node, ...(await bench.openInbox(node)) });
    for (const from of nodes) {
      for (const to of nodes)
        if (bench.reaches(from.node, to.node)) await from.transport.send(sampleEnvelope(from.transport, to.node));
    }
    for (const to of nodes) {
      for (const from of nodes) {
        if (!bench.reaches(from.node, to.node)) continue;
        const [envelope] = await to.inbox.received(from.transport, 1);
        expect(envelope?.from.node).toBe(from.node);
      }
    }
  });

  test('keeps the order of one sender and class while other classes are busy', async () => {
    const { alpha, inbox } = await openTwo(bench);
    const count = 300;
    const sends: unknown[] = [];
    for (let position = 0; position < count; position++) {
      for (const deliveryClass of ['control', 'bulk'] as const) {
        const payload = new Uint8Array(deliveryClass === 'bulk' ? 4_000 : 100);
        sends.push(alpha.send(sampleEnvelope(alpha, 'beta', { deliveryClass, position, payload })));
      }
    }
    await Promise.all(sends);
    const received = await inbox.received(alpha, 2 * count);
    for (const deliveryClass of ['control', 'bulk']) {
      const positions = received.filter(each => each.deliveryClass === deliveryClass).map(each => each.position);
      expect(positions).toEqual(Array.from({ length: count }, (_, index) => index));
    }
  });

  test('of class latest the newest message of a key arrives, whatever it replaced', async () => {
    const { alpha, inbox } = await openTwo(bench);
    const sends = Array.from({ length: 100 }, (_, position) =>
      alpha.send(sampleEnvelope(alpha, 'beta', { deliveryClass: 'latest', latestKey: 'pose', position })),
    );
    await Promise.all(sends);
    await expect.poll(() => inbox.envelopes.at(-1)?.position, { timeout: 5_000 }).toBe(99);
    const positions = (await inbox.received(alpha, 1)).map(envelope => envelope.position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  test('carries payloads of no, one and the most bytes it allows, unchanged', async () => {
    const { alpha, inbox } = await openTwo(bench);
    const payloads = [0, 1, alpha.maxPayloadBytes].map(randomBytes);
    for (const payload of payloads) await alpha.send(sampleEnvelope(alpha, 'beta', { deliveryClass: 'bulk', payload }));
    const received = await inbox.received(alpha, payloads.length, 15_000);
    for (const payload of payloads) {
      const match = received.find(envelope => envelope.payload.byteLength === payload.byteLength);
      expect(Buffer.compare(match!.payload, payload)).toBe(0);
    }
  });

  test.skipIf(capabilities.limitsPayload === false)(
    'refuses one byte more, naming size and limit, and goes on',
    async () => {
      const { alpha, inbox } = await openTwo(bench);
      const payload = new Uint8Array(alpha.maxPayloadBytes + 1);
      const error = await sendError(() =>
        alpha.send(sampleEnvelope(alpha, 'beta', { deliveryClass: 'bulk', payload })),
      );
      expect(error.code).toBe('resource-exhausted');
      expect(error.message).toContain(String(payload.byteLength));
      expect(error.message).toContain(String(alpha.maxPayloadBytes));
      await alpha.send(sampleEnvelope(alpha, 'beta'));
      expect(await inbox.received(alpha, 1)).toHaveLength(1);
    },
  );

  test('drops nothing silently in a burst: each message arrives or its send fails', async () => {
    const { alpha, inbox } = await openTwo(bench);
    const count = 2_000;
    let refused = 0;
    const send = async (position: number): Promise<void> => {
      const payload = new Uint8Array(1_000);
      await alpha.send(sampleEnvelope(alpha, 'beta', { deliveryClass: 'bulk', position, payload }));
    };
    const onRefused = (error: unknown): void => {
      expect(AiflowError.from(error).retryable).toBe(true);
      refused += 1;
    };
    await Promise.all(Array.from({ length: count }, (_, position) => send(position).catch(onRefused)));
    const received = await inbox.received(alpha, count - refused);
    expect(new Set(received.map(envelope => envelope.position)).size).toBe(count - refused);
  });
}

async function openTwo(bench: TransportBench) {
  const { inbox, transport: beta } = await bench.openInbox('beta');
  return { alpha: await bench.open('alpha'), beta, inbox };
}

/** The error of a send that must fail, thrown or rejected. */
export async function sendError(send: () => void | Promise<void>): Promise<AiflowError> {
  try {
    await send();
  } catch (error) {
    expect(AiflowError.is(error)).toBe(true);
    return error as AiflowError;
  }
  throw new Error('the send did not fail');
}

function plain(envelope: Envelope): unknown {
  return { ...envelope, payload: Buffer.from(envelope.payload).toString('hex') };
}

function randomBytes(count: number): Uint8Array {
  const random = createSeededRandom(count);
  const words = new Uint32Array(Math.ceil(count / 4)).map(() => random.next() * 0x1_0000_0000);
  return new Uint8Array(words.buffer, 0, count);
}
