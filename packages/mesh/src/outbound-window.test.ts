// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { createVirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import { createOutboundWindow } from './outbound-window.ts';

function start() {
  const clock = createVirtualClock();
  const pings: (() => void)[] = [];
  const window = createOutboundWindow(clock, () => new Promise(resolve => void pings.push(resolve)));
  const settle = () => clock.advance(0);
  return { clock, pings, window, settle };
}

describe('an outbound window', () => {
  test('counts bytes until the broker answered a ping sent after them', async () => {
    const { window, pings, settle } = start();
    window.add(100_000);
    expect(pings).toHaveLength(0);
    window.add(100_000);
    window.add(1_000);
    expect(pings).toHaveLength(1);
    expect(window.outstandingBytes).toBe(201_000);
    pings[0]!();
    await settle();
    expect(window.outstandingBytes).toBe(1_000);
  });

  test('lets a waiter go on as soon as enough has left, and asks the broker for it', async () => {
    const { window, pings, settle } = start();
    window.add(50_000);
    let went = false;
    void window.whenBelow(10_000).then(() => {
      went = true;
    });
    expect(pings).toHaveLength(1);
    await settle();
    expect(went).toBe(false);
    pings[0]!();
    await settle();
    expect(went).toBe(true);
  });

  test('a reset fails who waits, and answers of the lost connection change nothing', async () => {
    const { window, pings, settle } = start();
    window.add(200_000);
    const waiting = window.whenBelow(1);
    window.reset(new AiflowError('unavailable', 'gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(window.outstandingBytes).toBe(0);
    window.add(10);
    pings[0]!();
    await settle();
    expect(window.outstandingBytes).toBe(10);
  });

  test('measures the rate of bursts', async () => {
    const { window, pings, clock, settle } = start();
    window.add(200_000);
    await clock.advance(100);
    pings[0]!();
    await settle();
    expect(window.bytesPerSecond).toBe(2_000_000);
  });
});
