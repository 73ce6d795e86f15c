// SPDX-License-Identifier: Apache-2.0
import { AiflowError, decodeChunk } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import { type BulkMessage, chunkBytesFor, createBulkLane } from './bulk-lane.ts';
import type { NatsLink } from './nats-link.ts';

/** A link that takes `budget` bytes and then says that it is full until it is drained. */
function start(budget: number, maxQueuedBytes = 1_000_000) {
  const published: { readonly to: string; readonly id: string; readonly index: number; readonly reply?: string }[] = [];
  const waiters: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let outstanding = 0;
  const link = {
    broker: { maxPayloadBytes: 1_048_576 },
    bytesPerSecond: 0,
    get outstandingBytes() {
      return outstanding >= budget ? Number.POSITIVE_INFINITY : 0;
    },
    publish: (subject: string, bytes: Uint8Array, reply?: string) => {
      const { messageId, index } = decodeChunk(bytes);
      outstanding += bytes.byteLength;
      published.push({ to: subject, id: messageId, index, ...(reply === undefined ? {} : { reply }) });
    },
    whenBelow: () => new Promise<void>((resolve, reject) => void waiters.push({ resolve, reject })),
  } as unknown as NatsLink;
  const counts = { chunked: 0, superseded: 0 };
  const events = { chunked: () => void counts.chunked++, superseded: () => void counts.superseded++ };
  const lane = createBulkLane(link, events, maxQueuedBytes);
  const drain = async (): Promise<void> => {
    outstanding = 0;
    for (const waiter of waiters.splice(0)) waiter.resolve();
    await new Promise(resolve => setImmediate(resolve));
  };
  return { lane, published, waiters, counts, drain };
}

let id = 0;
const message = (node: string, size: number, fields: Partial<BulkMessage> = {}): BulkMessage => ({
  node,
  messageId: `m${++id}`,
  bytes: new Uint8Array(size),
  subject: node,
  reply: undefined,
  latestKey: undefined,
  ...fields,
});

describe('the bulk lane', () => {
  test('receivers take turns chunk by chunk, and the reply subject goes with the first chunk alone', async () => {
    const { lane, published, drain } = start(1);
    const sent = Promise.all([lane.send(message('a', 150_000, { reply: 'r' })), lane.send(message('b', 100_000))]);
    while (lane.queuedBytes > 0) await drain();
    await sent;
    expect(published.map(each => `${each.to}${each.index}${each.reply ?? ''}`)).toEqual([
      'a0r',
      'a1',
      'b0',
      'a2',
      'b1',
    ]);
  });

  test('holds no more than it may, and refuses the rest with a remedy', async () => {
    const { lane } = start(1, 100_000);
    const first = lane.send(message('a', 90_000));
    await expect(lane.send(message('a', 20_000))).rejects.toMatchObject({
      code: 'resource-exhausted',
      retryAfterMs: 200,
    });
    expect(lane.queuedBytes).toBe(90_000);
    lane.fail(new AiflowError('unavailable', 'gone'));
    await expect(first).rejects.toThrow('gone');
    expect(lane.queuedBytes).toBe(0);
  });

  test('of class latest a newer message replaces an older one with its key, unless that has begun to leave', async () => {
    const { lane, published, counts, drain } = start(1);
    const key = (size: number) => message('a', size, { latestKey: 'pose' });
    const sends = [lane.send(key(100_000)), lane.send(key(10)), lane.send(key(11)), lane.send(key(12))];
    while (lane.queuedBytes > 0) await drain();
    await Promise.all(sends);
    expect(counts.superseded).toBe(2);
    expect(published.map(each => each.index)).toEqual([0, 1, 0]);
  });

  test('of class latest a newer message that is refused replaces nothing, and one that fits in its place passes', async () => {
    const { lane, published, counts, drain } = start(1, 140_000);
    const key = (size: number) => message('a', size, { latestKey: 'pose' });
    const sends = [lane.send(message('b', 100_000)), lane.send(key(30_000))];
    await expect(lane.send(key(50_000))).rejects.toMatchObject({ code: 'resource-exhausted' });
    expect(counts.superseded).toBe(0);
    const last = key(40_000);
    sends.push(lane.send(last));
    expect(counts.superseded).toBe(1);
    expect(lane.queuedBytes).toBe(140_000);
    while (lane.queuedBytes > 0) await drain();
    await Promise.all(sends);
    expect(published.at(-1)?.id).toBe(last.messageId);
  });

  test('a link that goes down while the lane waits for it fails what is queued, and later messages pass', async () => {
    const { lane, waiters, drain } = start(1);
    const sent = [lane.send(message('a', 100_000)), lane.send(message('b', 10))];
    for (const waiter of waiters.splice(0)) waiter.reject(new AiflowError('unavailable', 'link is down'));
    for (const each of sent) await expect(each).rejects.toThrow('link is down');
    await drain();
    await lane.send(message('a', 10));
  });

  test('a chunk takes 50 ms of the link, at most 64 KiB below 20 Mbit/s, and fits the broker', () => {
    expect(chunkBytesFor(0, 1_048_576)).toBe(65_536);
    expect(chunkBytesFor(10_000, 1_048_576)).toBe(4_096);
    expect(chunkBytesFor(200_000, 1_048_576)).toBe(10_000);
    expect(chunkBytesFor(2_400_000, 1_048_576)).toBe(65_536);
    expect(chunkBytesFor(4_000_000, 1_048_576)).toBe(200_000);
    expect(chunkBytesFor(1e9, 1_048_576)).toBe(262_144);
    expect(chunkBytesFor(1e9, 32_768)).toBe(31_744);
  });
});
