// SPDX-License-Identifier: Apache-2.0
import { type LogFields, type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { createSeededRandom, createVirtualClock, type Random, sleep, type VirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import type { EngineActivity } from './engine-activity.ts';
import { createFamilyReporter, type FamilyReporter, type ReportedEngine } from './family-report.ts';

interface Trial {
  readonly clock: VirtualClock;
  readonly reporter: FamilyReporter;
  readonly stop: AbortController;
  /** Exits and blocks of each measurement that began. */
  readonly begun: string[];
  /** A question comes, or goes. */
  setBusy(busy: boolean): void;
}

interface TrialOptions {
  /** Time of a block of so many tokens of an exit. */
  readonly msOf?: (tokens: number, exit: number, nowMs: number) => number;
  readonly logger?: Logger;
  readonly failsAtCall?: number;
  readonly random?: Random;
}

/** Draws the shortest rests: none before a series, a second between its passes. */
const PROMPTLY: Random = { next: () => 0, below: () => 0, fork: () => PROMPTLY };
const SHORT = '0,1,4,8';
const LONG = '16,32,64';

/** A reporter over an engine that takes exactly as long as is said. */
function createTrial(options: TrialOptions = {}): Trial {
  const { msOf = tokens => tokens + 1, logger = SILENT_LOGGER, failsAtCall, random = PROMPTLY } = options;
  const clock = createVirtualClock();
  const begun: string[] = [];
  const { activity, setBusy } = createSwitch();
  const engine: ReportedEngine = {
    ...{ family: 'nano', format: 'int8', exits: [1, 3], tensorContract: 'contract' },
    featureSpaces: new Map([[1, 'ab']]),
    measureVerifyCurve: async ({ exit, tokens, repeats = 5 }, signal) => {
      begun.push(`${exit}: ${tokens.join()}`);
      if (begun.length === failsAtCall) throw new Error('lost');
      const points = tokens.map(count => ({ tokens: count, ms: msOf(count, exit, clock.nowMs()) }));
      for (const { ms } of points) await sleep(clock, ms * (repeats + 1), signal);
      return points;
    },
  };
  const reporter = createFamilyReporter({ clock, logger, random, activity }, engine);
  return { clock, reporter, stop: new AbortController(), begun, setBusy };
}

function createSwitch(): { readonly activity: Pick<EngineActivity, 'busy' | 'onBusy'>; setBusy(busy: boolean): void } {
  const listeners = new Set<() => void>();
  let isBusy = false;
  return {
    activity: {
      get busy() {
        return isBusy;
      },
      onBusy: listener => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    setBusy: busy => {
      isBusy = busy;
      if (busy) for (const listener of [...listeners]) listener();
    },
  };
}

test('before anything is measured a report says what is held and no costs', () => {
  expect(createTrial().reporter.report()).toEqual({
    ...{ family: 'nano', tensorContract: 'contract', exits: [1, 3], featureSpaces: [{ layer: 1, id: 'ab' }] },
    ...{ verifyCurve: [], exitCosts: [] },
  });
});

test('a pass measures each exit: a step, blocks, and a token of a prompt', async () => {
  const { clock, reporter, stop } = createTrial({ msOf: (tokens, exit) => exit * (tokens + 1) });
  void reporter.measure([3, 1], stop.signal);
  await clock.advance(10_000);
  const costOf = (exit: number): unknown => ({
    ...{ exit, format: 'int8', stepMs: exit, prefillTokenMs: exit },
    verify: [1, 4, 8, 16, 32].map(tokens => ({ tokens, ms: exit * (tokens + 1) })),
  });
  expect(reporter.report().exitCosts).toEqual([costOf(3), costOf(1)]);
  expect(reporter.report().verifyCurve).toEqual(
    [1, 4, 8, 16, 32].map(tokens => ({ format: 'int8', tokens, ms: 3 * (tokens + 1) })),
  );
  stop.abort();
});

test('an exit is stated whole or not at all', async () => {
  const { clock, reporter, stop } = createTrial({ msOf: (tokens, exit) => exit * 10 * (tokens + 1) });
  void reporter.measure([3, 1], stop.signal);
  let stated = 0;
  for (let second = 0; second < 60; second++) {
    await clock.advance(1000);
    for (const { verify, prefillTokenMs, exit } of reporter.report().exitCosts) {
      stated += 1;
      expect(verify.map(({ tokens }) => tokens)).toEqual([1, 4, 8, 16, 32]);
      expect(prefillTokenMs).toBe(10 * exit);
    }
  }
  expect(stated).toBeGreaterThan(60);
  stop.abort();
});

test('two passes that agree are enough, of each exit by itself', async () => {
  const drifting = (nowMs: number): number => (nowMs < 1500 ? 2 : 1);
  const { clock, reporter, stop, begun } = createTrial({
    msOf: (tokens, exit, nowMs) => (tokens + 1) * (exit === 3 ? drifting(nowMs) : 1),
  });
  void reporter.measure([3, 1], stop.signal);
  await clock.advance(1500);
  expect(reporter.report().exitCosts).toEqual([]);
  await clock.advance(10_000);
  const passes = (exit: number): number => begun.filter(block => block === `${exit}: ${SHORT}`).length;
  expect([passes(3), passes(1)]).toEqual([3, 2]);
  expect(reporter.report().exitCosts).toMatchObject([{ stepMs: 1 }, { stepMs: 1 }]);
  stop.abort();
});

test('passes that never agree end all the same, and the shortest times stand', async () => {
  const times = [40, 20, 30];
  let call = 0;
  const { clock, reporter, stop, begun } = createTrial({ msOf: () => times[Math.floor(call++ / 7)] ?? 100 });
  void reporter.measure([3], stop.signal);
  await clock.advance(25_000);
  expect(begun).toHaveLength(6);
  expect(reporter.report().exitCosts).toMatchObject([{ exit: 3, stepMs: 20 }]);
  stop.abort();
});

test('a slow machine measures for a bounded time, whole exits, and states what it has', async () => {
  const { clock, reporter, stop, begun } = createTrial({ msOf: tokens => 30 * (tokens + 1) });
  void reporter.measure([3, 1, 5], stop.signal);
  await clock.advance(40_000);
  expect(begun).toEqual([`3: ${SHORT}`, `3: ${LONG}`, `1: ${SHORT}`, `1: ${LONG}`]);
  expect(reporter.report().exitCosts).toMatchObject([3, 1].map(exit => ({ exit, stepMs: 30, prefillTokenMs: 30 })));
  await clock.advance(40_000);
  expect(begun[4]).toBe(`5: ${SHORT}`);
  expect(reporter.report().exitCosts.map(({ exit }) => exit)).toEqual([3, 1, 5]);
  stop.abort();
});

test('nodes that start together measure at times of their own', async () => {
  const begins = async (seed: string): Promise<number> => {
    const { clock, reporter, stop, begun } = createTrial({ random: createSeededRandom(seed) });
    void reporter.measure([3], stop.signal);
    while (begun.length === 0) await clock.advance(10);
    stop.abort();
    return clock.nowMs();
  };
  const times = [await begins('device'), await begins('edge'), await begins('cloud')];
  expect(new Set(times).size).toBe(3);
  for (const ms of times) expect(ms).toBeLessThan(2500);
});

test('nothing is measured while a question is answered', async () => {
  const { clock, reporter, stop, begun, setBusy } = createTrial();
  setBusy(true);
  void reporter.measure([3], stop.signal);
  await clock.advance(60_000);
  expect(begun).toEqual([]);
  setBusy(false);
  await clock.advance(5000);
  expect(reporter.report().exitCosts).toHaveLength(1);
  stop.abort();
});

test('a question ends a measurement at once, which is made again after it', async () => {
  const { clock, reporter, stop, begun, setBusy } = createTrial({ msOf: () => 50 });
  void reporter.measure([3], stop.signal);
  await clock.advance(100);
  setBusy(true);
  await clock.advance(10_000);
  expect(begun).toEqual(['3: 0,1,4,8']);
  expect(reporter.report().exitCosts).toEqual([]);
  setBusy(false);
  await clock.advance(5000);
  expect(begun.slice(0, 3)).toEqual([`3: ${SHORT}`, `3: ${SHORT}`, `3: ${LONG}`]);
  expect(reporter.report().exitCosts).toMatchObject([{ exit: 3, stepMs: 50 }]);
  stop.abort();
});

test('a second series corrects what neighbours on the machine made slow, later ones follow it', async () => {
  const slowUntilMs = (nowMs: number): number => (nowMs < 20_000 ? 3 : 1);
  const laterMs = (nowMs: number): number => (nowMs > 1_000_000 ? 2 : slowUntilMs(nowMs));
  const { clock, reporter, stop } = createTrial({ msOf: (_tokens, _exit, nowMs) => 5 * laterMs(nowMs) });
  const stepMs = (): number | undefined => reporter.report().exitCosts[0]?.stepMs;
  void reporter.measure([3], stop.signal);
  await clock.advance(10_000);
  expect(stepMs()).toBe(15);
  await clock.advance(40_000);
  expect(stepMs()).toBe(5);
  await clock.advance(2_000_000);
  expect(stepMs()).toBe(10);
  stop.abort();
});

test('a short block that something else made slow takes no longer than a longer one did', async () => {
  const { clock, reporter, stop } = createTrial({ msOf: tokens => (tokens === 0 ? 9 : tokens + 1) });
  void reporter.measure([3], stop.signal);
  await clock.advance(10_000);
  expect(reporter.report().exitCosts[0]).toMatchObject({ stepMs: 2, prefillTokenMs: 1 });
  stop.abort();
});

test('a node that leaves measures no more', async () => {
  const { clock, reporter, stop, begun } = createTrial();
  const measuring = reporter.measure([3], stop.signal);
  await clock.advance(10_000);
  stop.abort();
  await measuring;
  const before = begun.length;
  await clock.advance(2_000_000);
  expect(begun).toHaveLength(before);
});

test('after an engine failed what was stated stands, it says so and measures again later', async () => {
  const warnings: LogFields[] = [];
  const logger: Logger = { ...SILENT_LOGGER, warn: (_message, fields = {}) => warnings.push(fields) };
  const { clock, reporter, stop } = createTrial({ failsAtCall: 2, logger });
  void reporter.measure([3], stop.signal);
  await clock.advance(10_000);
  expect(reporter.report().exitCosts).toEqual([]);
  expect(warnings).toEqual([{ because: 'lost' }]);
  await clock.advance(60_000);
  expect(reporter.report().exitCosts).toMatchObject([{ exit: 3, prefillTokenMs: 1 }]);
  expect(warnings).toHaveLength(1);
  stop.abort();
});
