import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LinkSettings } from './link-settings.ts';
import { createLinkShaper } from './link-shaper.ts';

interface Push {
  readonly atMs: number;
  readonly bytes: number;
}

interface Arrival {
  readonly atMs: number;
  readonly bytes: number;
}

const SETTINGS = fc.record({
  delayMs: fc.integer({ min: 0, max: 300 }),
  jitterMs: fc.integer({ min: 0, max: 100 }),
  bytesPerSecond: fc.integer({ min: 1000, max: 200_000 }),
  lossRatio: fc.constantFrom(0, 0.05, 0.3),
});
const PUSHES = fc.array(
  fc.record({ atMs: fc.integer({ min: 0, max: 2000 }), bytes: fc.integer({ min: 1, max: 5000 }) }),
  { minLength: 1, maxLength: 20 },
);

/** What one flow delivers, when its link was idle for `idleMs` before, or had its chances set back after that. */
async function play(
  settings: LinkSettings,
  seed: number,
  pushes: readonly Push[],
  idleMs = 0,
): Promise<readonly Arrival[]> {
  const clock = createVirtualClock();
  const shaper = createLinkShaper({ clock, random: createSeededRandom(seed) }, settings);
  await clock.advance(idleMs);
  if (idleMs > 0) shaper.rewind();
  const arrivals: Arrival[] = [];
  const flow = shaper.openFlow({
    deliver: (chunk, done) => {
      arrivals.push({ atMs: clock.nowMs() - idleMs, bytes: chunk.byteLength });
      done();
    },
    end: () => undefined,
  });
  for (const { atMs, bytes } of pushes.toSorted((one, other) => one.atMs - other.atMs)) {
    await clock.advance(atMs - (clock.nowMs() - idleMs));
    flow.push(new Uint8Array(bytes));
  }
  await clock.runUntilIdle();
  return arrivals;
}

test('no more bytes arrive by any moment than the rate lets through since the first push, whatever chance does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), SETTINGS, PUSHES, async (seed, settings, pushes) => {
      const firstMs = Math.min(...pushes.map(({ atMs }) => atMs));
      let bytes = 0;
      for (const arrival of await play(settings, seed, pushes)) {
        bytes += arrival.bytes;
        const onWireMs = arrival.atMs - firstMs - settings.delayMs;
        expect(bytes).toBeLessThanOrEqual((onWireMs * settings.bytesPerSecond) / 1000 + 1e-3);
      }
    }),
    { numRuns: 60 },
  );
});

test('without jitter and losses, no stretch of time lets more through than its rate and one turn of the wire', async () => {
  await fc.assert(
    fc.asyncProperty(SETTINGS, PUSHES, async ({ delayMs, bytesPerSecond }, pushes) => {
      const arrivals = await play({ delayMs, bytesPerSecond }, 1, pushes);
      const turnBytes = Math.max(1400, (bytesPerSecond * 2) / 1000);
      for (const [from, first] of arrivals.entries()) {
        let bytes = 0;
        for (const { atMs, bytes: more } of arrivals.slice(from)) {
          bytes += more;
          expect(bytes).toBeLessThanOrEqual(((atMs - first.atMs) * bytesPerSecond) / 1000 + turnBytes + 1e-3);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('the same seed gives the same arrivals, also after a rewind at any later time; another seed gives others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), SETTINGS, PUSHES, fc.integer({ min: 1, max: 999 }), async (...drawn) => {
      const [seed, settings, pushes, idleMs] = drawn;
      const rounded = (arrivals: readonly Arrival[]): readonly Arrival[] =>
        arrivals.map(({ atMs, bytes }) => ({ atMs: Math.round(atMs * 1e3) / 1e3, bytes }));
      const first = await play(settings, seed, pushes);
      expect(await play(settings, seed, pushes)).toEqual(first);
      expect(rounded(await play(settings, seed, pushes, idleMs * 1000))).toEqual(rounded(first));
    }),
    { numRuns: 40 },
  );
  const pushes = Array.from({ length: 20 }, (_, index) => ({ atMs: index * 50, bytes: 10 }));
  const jittery = { delayMs: 10, jitterMs: 40 };
  expect(await play(jittery, 1, pushes)).not.toEqual(await play(jittery, 2, pushes));
});

test('jitter at a moment does not depend on what was sent before it', async () => {
  const late = { atMs: 1000, bytes: 10 };
  const alone = await play({ jitterMs: 40 }, 5, [late]);
  const after = await play({ jitterMs: 40 }, 5, [{ atMs: 0, bytes: 10 }, { atMs: 333, bytes: 900 }, late]);
  expect(after.at(-1)).toEqual(alone[0]);
});

test('of many packets the given share is late, by the retransmission and by doubled waits for those lost again', async () => {
  const pushes = Array.from({ length: 2000 }, (_, index) => ({ atMs: index * 30_000, bytes: 10 }));
  const arrivals = await play({ delayMs: 20, lossRatio: 0.1, retransmitMs: 300 }, 3, pushes);
  const lateMs = arrivals.map(({ atMs }, index) => atMs - index * 30_000 - 20);
  const lost = lateMs.filter(ms => ms > 0);
  expect(lost.length).toBeGreaterThan(160);
  expect(lost.length).toBeLessThan(240);
  const waits = new Set(lost);
  for (const waitMs of waits) expect([300, 900, 2100, 4500, 9300, 18_900]).toContain(waitMs);
  expect(waits.size).toBeGreaterThan(1);
});

test('what follows a lost packet on its connection waits for it, and another connection does not', async () => {
  const clock = createVirtualClock();
  const shaper = createLinkShaper({ clock, random: createSeededRandom(3) }, { lossRatio: 0.02, retransmitMs: 200 });
  const lateMs: number[][] = [[], []];
  const flows = lateMs.map(late =>
    shaper.openFlow({
      deliver: (chunk, done) => {
        late.push(clock.nowMs() - (chunk[0] ?? 0));
        done();
      },
      end: () => undefined,
    }),
  );
  for (let ms = 0; ms < 250; ms++) {
    for (const flow of flows) flow.push(Uint8Array.of(ms));
    await clock.advance(1);
  }
  await clock.runUntilIdle();
  expect(lateMs[0]).not.toEqual(lateMs[1]);
  for (const late of lateMs) {
    const first = late.findIndex(ms => ms > 0);
    expect(late[first]).toBe(200);
    expect(late.slice(first, first + 4)).toEqual([200, 199, 198, 197]);
  }
});
