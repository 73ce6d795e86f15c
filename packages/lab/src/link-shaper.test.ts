// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LinkSettings } from './link-settings.ts';
import { createLinkShaper, type LinkShaper } from './link-shaper.ts';
import type { ShapedFlow } from './shaped-flow.ts';

interface Received {
  readonly atMs: number;
  readonly bytes: readonly number[];
}

function makeShaper(settings: LinkSettings, seed = 1): { clock: VirtualClock; shaper: LinkShaper } {
  const clock = createVirtualClock();
  return { clock, shaper: createLinkShaper({ clock, random: createSeededRandom(seed) }, settings) };
}

function openFlow(
  clock: VirtualClock,
  shaper: LinkShaper,
): { flow: ShapedFlow; received: Received[]; ended: number[] } {
  const received: Received[] = [];
  const ended: number[] = [];
  const flow = shaper.openFlow({
    deliver: (chunk, done) => {
      received.push({ atMs: clock.nowMs(), bytes: [...chunk] });
      done();
    },
    end: () => ended.push(clock.nowMs()),
  });
  return { flow, received, ended };
}

test('bytes come out unchanged and in order for every delay, jitter, rate and change of them on the way', async () => {
  const settings = fc.record({
    delayMs: fc.integer({ min: 0, max: 500 }),
    jitterMs: fc.integer({ min: 0, max: 500 }),
    bytesPerSecond: fc.option(fc.integer({ min: 100, max: 100_000 }), { nil: undefined }),
  });
  const step = fc.oneof(
    fc.record({ push: fc.uint8Array({ minLength: 0, maxLength: 4000 }) }),
    fc.record({ waitMs: fc.integer({ min: 0, max: 300 }) }),
    fc.record({ set: settings }),
    fc.record({ pauseMs: fc.integer({ min: 1, max: 300 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.integer(), settings, fc.array(step, { maxLength: 30 }), async (seed, initial, steps) => {
      const { clock, shaper } = makeShaper(initial, seed);
      const { flow, received, ended } = openFlow(clock, shaper);
      const sent: number[] = [];
      for (const one of steps) {
        if ('push' in one) {
          flow.push(one.push);
          sent.push(...one.push);
        } else if ('waitMs' in one) await clock.advance(one.waitMs);
        else if ('set' in one) shaper.set(one.set);
        else {
          flow.hold();
          await clock.advance(one.pauseMs);
          flow.release();
        }
      }
      flow.end();
      await clock.runUntilIdle();
      expect(received.flatMap(({ bytes }) => bytes)).toEqual(sent);
      expect(ended).toHaveLength(1);
      expect(flow.bufferedBytes).toBe(0);
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('the delay is there and the jitter stays within its bound', async () => {
  const { clock, shaper } = makeShaper({ delayMs: 40, jitterMs: 10 });
  const { flow, received } = openFlow(clock, shaper);
  for (let index = 0; index < 50; index++) {
    flow.push(Uint8Array.of(index));
    await clock.advance(100);
  }
  const delays = received.map(({ atMs }, index) => atMs - index * 100);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(40);
  expect(Math.max(...delays)).toBeLessThanOrEqual(50);
  expect(new Set(delays).size).toBeGreaterThan(10);
});

test('a long push takes its size over the rate, and an idle link saves up nothing', async () => {
  const { clock, shaper } = makeShaper({ bytesPerSecond: 10_000 });
  const { flow, received } = openFlow(clock, shaper);
  await clock.advance(5000);
  flow.push(new Uint8Array(20_000));
  await clock.runUntilIdle();
  expect(received.at(-1)?.atMs).toBeCloseTo(7000, 3);
});

test('a small message waits for a turn of the wire, not for another flow’s whole backlog', async () => {
  const { clock, shaper } = makeShaper({ bytesPerSecond: 100_000 });
  const bulk = openFlow(clock, shaper);
  const small = openFlow(clock, shaper);
  bulk.flow.push(new Uint8Array(200_000));
  await clock.advance(500);
  small.flow.push(new Uint8Array(100));
  await clock.runUntilIdle();
  expect(small.received[0]?.atMs).toBeLessThan(540);
  expect(bulk.received.at(-1)?.atMs).toBeCloseTo(2001, 0);
});

test('what is dropped is counted and never delivered, and other flows go on', async () => {
  const { clock, shaper } = makeShaper({ bytesPerSecond: 10_000, delayMs: 100 });
  const lost = openFlow(clock, shaper);
  const kept = openFlow(clock, shaper);
  lost.flow.push(new Uint8Array(5000));
  kept.flow.push(new Uint8Array(5000));
  await clock.advance(300);
  const delivered = lost.received.flatMap(({ bytes }) => bytes).length;
  expect(lost.flow.drop()).toBe(5000 - delivered);
  await clock.runUntilIdle();
  expect(lost.received.flatMap(({ bytes }) => bytes)).toHaveLength(delivered);
  expect(kept.received.flatMap(({ bytes }) => bytes)).toHaveLength(5000);
});

test('settings that can’t be are refused by name', () => {
  expect(() => makeShaper({ bytesPerSecond: 0 })).toThrow('bytesPerSecond 0 is not allowed');
  expect(() => makeShaper({ delayMs: -1 })).toThrow('delayMs -1 is not allowed');
  expect(() => makeShaper({ jitterMs: Number.NaN })).toThrow('jitterMs NaN is not allowed');
});
