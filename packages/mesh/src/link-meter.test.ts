// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { createLinkMeter } from './link-meter.ts';

describe('a link meter', () => {
  test('knows nothing before the first echo', () => {
    expect(createLinkMeter('edge-1').measure(0)).toEqual({
      peer: 'edge-1',
      rttMs: undefined,
      rttDeviationMs: undefined,
      queueingMs: undefined,
      lossRatio: 0,
      bytesPerSecond: undefined,
      probes: 0,
    });
  });

  test('smooths round trips as RFC 6298 does', () => {
    const meter = createLinkMeter('p');
    for (const [sequence, rtt] of [100, 180].entries()) {
      meter.sent(sequence, 0, sequence * 1000);
      meter.echoed(sequence, sequence * 1000 + rtt);
    }
    expect(meter.measure(1200)).toMatchObject({ rttMs: 110, rttDeviationMs: 57.5 });
  });

  test('counts a probe as lost after its time, and not again when the echo comes late', () => {
    const meter = createLinkMeter('p', { lossAfterMs: 500 });
    for (let sequence = 0; sequence < 4; sequence++) meter.sent(sequence, 0, 0);
    meter.echoed(0, 10);
    meter.echoed(1, 10);
    meter.echoed(2, 10);
    expect(meter.measure(499).lossRatio).toBe(0);
    expect(meter.measure(500).lossRatio).toBe(0.25);
    meter.echoed(3, 600);
    expect(meter.measure(600).lossRatio).toBe(0.25);
  });

  test('forgets losses older than 64 probes', () => {
    const meter = createLinkMeter('p', { lossAfterMs: 1 });
    meter.sent(0, 0, 0);
    expect(meter.measure(10).lossRatio).toBe(1);
    for (let sequence = 1; sequence <= 64; sequence++) {
      meter.sent(sequence, 0, 10);
      meter.echoed(sequence, 10);
    }
    expect(meter.measure(10).lossRatio).toBe(0);
  });

  test('sees queueing above the fastest message, whatever the clocks differ by', () => {
    const meter = createLinkMeter('p');
    const offsetMs = -123_456;
    for (let at = 0; at < 1000; at += 100) meter.heard('boot', at, at + 20 + offsetMs);
    expect(meter.measure(1000).queueingMs).toBe(0);
    meter.heard('boot', 1000, 1000 + 100 + offsetMs);
    expect(meter.measure(1100).queueingMs).toBeCloseTo(10);
  });

  test('starts anew with a new boot, whose clock is another', () => {
    const meter = createLinkMeter('p');
    meter.heard('first', 1_000_000, 20);
    meter.heard('second', 5, 40);
    expect(meter.measure(40).queueingMs).toBe(0);
  });

  test('takes the rate from the spacing of a train, not from its round trip', () => {
    const meter = createLinkMeter('p');
    meter.train([7, 8, 9]);
    for (const sequence of [7, 8, 9]) meter.sent(sequence, 10_000, 0);
    meter.echoed(7, 300);
    meter.echoed(8, 310);
    expect(meter.measure(310).bytesPerSecond).toBeUndefined();
    meter.echoed(9, 320);
    expect(meter.measure(320).bytesPerSecond).toBe(1_000_000);
    expect(meter.measure(320).rttMs).toBeUndefined();
  });

  test('keeps its memory bounded when nothing ever comes back', () => {
    const meter = createLinkMeter('p', { lossAfterMs: 1e9 });
    for (let sequence = 0; sequence < 100_000; sequence++) meter.sent(sequence, 0, sequence);
    meter.echoed(99_999, 100_000);
    meter.echoed(0, 100_000);
    expect(meter.measure(100_000)).toMatchObject({ lossRatio: 0, probes: 100_000 });
  });
});
