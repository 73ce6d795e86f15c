// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom } from '@aiflow/time';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LaneLimits, NodeLane } from './node-lane.ts';

const LIMITS: LaneLimits = {
  ...{ perNode: 4, initialPauseMs: 500, maxPauseMs: 8000, arrivalSpreadMs: 1000 },
  ...{ controlBytes: 1000, burstBytes: 4000, share: 0.5, assumedBytesPerSecond: 2000 },
};
const lane = (seed = 1): NodeLane => {
  const made = new NodeLane(LIMITS, createSeededRandom(seed));
  made.measure(undefined); // 1 byte a millisecond is its share
  return made;
};

describe('a lane', () => {
  test('takes as many offers at once as it may, and one alone after silence', () => {
    const open = lane();
    for (let each = 0; each < 4; each++) {
      expect(open.readiness(10, 0).kind).toBe('ready');
      open.begin(10, 0);
    }
    expect(open.readiness(10, 0)).toEqual({ kind: 'full' });
    for (let each = 0; each < 4; each++) open.end(10);
    open.silent(0);
    expect(open.readiness(10, 8000).kind).toBe('ready');
    open.begin(10, 8000);
    expect(open.readiness(10, 8000)).toEqual({ kind: 'full' });
    open.heard();
    expect(open.readiness(10, 8000).kind).toBe('ready');
  });

  test('pauses longer with each silence, up to its bound, and as long as it was told', () => {
    const quiet = lane();
    let nowMs = 0;
    for (const ceilingMs of [500, 1000, 2000, 4000, 8000, 8000]) {
      quiet.silent(nowMs);
      const readiness = quiet.readiness(10, nowMs);
      const pauseMs = readiness.kind === 'not-before' ? readiness.atMs - nowMs : 0;
      expect(pauseMs).toBeGreaterThanOrEqual(ceilingMs / 2);
      expect(pauseMs).toBeLessThanOrEqual(ceilingMs);
      nowMs += pauseMs;
    }
    quiet.comeAgain(nowMs, 30_000);
    expect(quiet.readiness(10, nowMs + 29_999).kind).toBe('not-before');
    expect(quiet.readiness(10, nowMs + 45_001).kind).toBe('ready');
  });

  test('fifty that wait for one node come at fifty different moments of its spread', () => {
    const moments = Array.from({ length: 50 }, (_, seed) => {
      const waiting = lane(seed);
      waiting.silent(0);
      waiting.arrived(0);
      const readiness = waiting.readiness(10, 0);
      return readiness.kind === 'not-before' ? readiness.atMs : 0;
    });
    expect(new Set(moments).size).toBe(50);
    expect(Math.max(...moments)).toBeLessThanOrEqual(1000);
    expect(moments.filter(atMs => atMs < 500).length).toBeGreaterThan(10);
    expect(moments.filter(atMs => atMs >= 500).length).toBeGreaterThan(10);
  });

  test('sends large items one at a time, and never more than its share of the rate beside a burst', () => {
    const sizes = fc.array(fc.oneof(fc.nat(1000), fc.integer({ min: 1001, max: 20_000 })), {
      minLength: 5,
      maxLength: 40,
    });
    fc.assert(
      fc.property(sizes, bytes => {
        const paced = lane();
        let nowMs = 0;
        let sent = 0;
        for (const size of bytes) {
          const readiness = paced.readiness(size, nowMs);
          if (readiness.kind === 'not-before') nowMs = readiness.atMs;
          expect(sent).toBeLessThanOrEqual(nowMs + 2 * LIMITS.burstBytes + 20_256);
          paced.begin(size, nowMs);
          if (size > LIMITS.controlBytes) expect(paced.readiness(size, nowMs + 1e9)).toEqual({ kind: 'busy' });
          paced.end(size);
          sent += size + 256;
        }
      }),
    );
  });
});
