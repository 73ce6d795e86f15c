import { createVirtualClock } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LinkCut } from './link-cut.ts';
import { createOutageScript, type LinkOutage } from './outage-script.ts';
import { playOutages } from './play-outages.ts';

const OUTAGE = fc
  .record({
    atMs: fc.integer({ min: 0, max: 2000 }),
    forMs: fc.integer({ min: 1, max: 500 }),
    restMs: fc.option(fc.integer({ min: 1, max: 800 }), { nil: undefined }),
    how: fc.constantFrom<LinkCut>('reset', 'silence', 'stall'),
  })
  .map(({ restMs, ...once }): LinkOutage => (restMs === undefined ? once : { ...once, everyMs: once.forMs + restMs }));

/** A link that writes down when it is cut and healed. */
function recordedLink(nowMs: () => number) {
  const log: string[] = [];
  let isCut: LinkCut | undefined;
  return {
    log,
    cut: (how: LinkCut) => {
      isCut = how;
      log.push(`${nowMs()} ${how}`);
    },
    heal: () => {
      isCut = undefined;
      log.push(`${nowMs()} heal`);
    },
    get isCut() {
      return isCut;
    },
  };
}

test('nothing changes between two changes, for every script', () => {
  fc.assert(
    fc.property(fc.array(OUTAGE, { maxLength: 4 }), fc.integer({ min: 0, max: 5000 }), (outages, fromMs) => {
      const script = createOutageScript(outages);
      const nextMs = script.nextChangeMs(fromMs);
      expect(nextMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(fromMs);
      for (let ms = fromMs; ms < Math.min(nextMs ?? fromMs + 1000, fromMs + 3000); ms++)
        expect(script.cutAt(ms)).toBe(script.cutAt(fromMs));
    }),
    { numRuns: 100 },
  );
});

test('a link that plays a script is at every moment as the script says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(OUTAGE, { maxLength: 4 }), async outages => {
      const clock = createVirtualClock();
      await clock.advance(123);
      const link = recordedLink(() => clock.nowMs());
      const played = playOutages(clock, link, outages);
      const script = createOutageScript(outages);
      for (let ms = 0; ms < 3000; ms += 50) {
        expect(link.isCut).toBe(script.cutAt(ms));
        await clock.advance(50);
      }
      played.stop();
      expect(link.isCut).toBeUndefined();
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test('an outage repeats, and the first that is listed counts where two overlap', async () => {
  const clock = createVirtualClock();
  const link = recordedLink(() => clock.nowMs());
  playOutages(clock, link, [
    { atMs: 100, forMs: 50, everyMs: 1000 },
    { atMs: 120, forMs: 100, how: 'reset' },
  ]);
  await clock.advance(1200);
  expect(link.log).toEqual(['100 stall', '150 reset', '220 heal', '1100 stall', '1150 heal']);
});

test('outages that can’t be are refused by name', () => {
  expect(() => createOutageScript([{ atMs: -1, forMs: 1 }])).toThrow('outage atMs -1 is not allowed');
  expect(() => createOutageScript([{ atMs: 0, forMs: 0 }])).toThrow('outage forMs 0 is not allowed');
  expect(() => createOutageScript([{ atMs: 0, forMs: 20, everyMs: 20 }])).toThrow(
    'outage everyMs 20 is not allowed: it must be longer than forMs 20',
  );
});
