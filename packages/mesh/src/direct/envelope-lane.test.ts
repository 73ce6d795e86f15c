// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import { createEnvelopeLane } from './envelope-lane.ts';

function openLane() {
  const taking: (() => void)[] = [];
  const written: number[] = [];
  const lane = createEnvelopeLane(
    (bytes, taken) => {
      written.push(bytes.byteLength);
      taking.push(taken);
    },
    { windowBytes: 100, maxQueuedBytes: 250 },
    'client-1 -> door',
  );
  return { lane, written, takeOne: () => taking.shift()?.() };
}

const bytes = (count: number): Uint8Array => new Uint8Array(count);
const broken = new AiflowError('unavailable', 'the call broke');

describe('a lane', () => {
  test('takes messages at once while its window is open', () => {
    const { lane, written } = openLane();
    expect(lane.send(bytes(60))).toBeUndefined();
    expect([lane.outstandingBytes, written]).toEqual([60, [60]]);
  });

  test('makes whoever sends past its window wait until the stream has taken enough', async () => {
    const { lane, takeOne } = openLane();
    void lane.send(bytes(60));
    let isOpen = false;
    const waiting = Promise.resolve(lane.send(bytes(60))).then(() => {
      isOpen = true;
    });
    await Promise.resolve();
    expect(isOpen).toBe(false);
    takeOne();
    await waiting;
    expect(lane.outstandingBytes).toBe(60);
  });

  test('refuses what does not fit, naming both sizes, and takes it later', () => {
    const { lane, takeOne, written } = openLane();
    void Promise.resolve(lane.send(bytes(200))).catch(() => undefined);
    expect(() => lane.send(bytes(51))).toThrow(/200 bytes wait at the door and 51 more exceed maxQueuedBytes 250/);
    expect(written).toEqual([200]);
    takeOne();
    expect(lane.send(bytes(51))).toBeUndefined();
  });

  test('fails everybody who waits when its stream ends, and takes nothing more', async () => {
    const { lane, takeOne } = openLane();
    const waiting = Promise.resolve(lane.send(bytes(150)));
    lane.end(broken);
    await expect(waiting).rejects.toBe(broken);
    expect(() => lane.send(bytes(1))).toThrow(broken);
    takeOne();
    expect(lane.outstandingBytes).toBe(0);
    await lane.whenEmpty();
  });

  test('says when nothing is outstanding', async () => {
    const { lane, takeOne } = openLane();
    void lane.send(bytes(10));
    let isEmpty = false;
    const emptied = lane.whenEmpty().then(() => {
      isEmpty = true;
    });
    await Promise.resolve();
    expect(isEmpty).toBe(false);
    takeOne();
    await emptied;
  });
});
