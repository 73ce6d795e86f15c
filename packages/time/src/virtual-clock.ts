// SPDX-License-Identifier: Apache-2.0
//
// Virtual time: nothing passes until a test says so.
//
// V1  Timers fire in order of their due time; equal due times fire in the order they were set.
// V2  All promise reactions caused by one timer run before the next timer fires, so a run is a function of its inputs.
import type { Clock } from './clock.ts';

/** A clock that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Lets `ms` pass, firing what falls due on the way. */
  advance(ms: number): Promise<void>;
  /** Fires timers until none is left or `limitMs` of virtual time has passed; returns the time that passed. */
  runUntilIdle(limitMs?: number): Promise<number>;
  /**
   * Lets time pass in steps until `work` is settled, and gives what it gives.
   *
   * @throws Error when `limitMs` of virtual time did not settle it.
   */
  runUntilSettled<Result>(work: Promise<Result>, options?: SettlingOptions): Promise<Result>;
  /** Timers still set. */
  readonly pendingTimers: number;
}

/** How far {@link VirtualClock.runUntilSettled} goes. */
export interface SettlingOptions {
  /** Default 50. Time stands at a multiple of it afterwards. */
  readonly stepMs?: number;
  /** Default 1,000,000. */
  readonly limitMs?: number;
}

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Starts at `startMs` (default 0); `wallStartMs` is the calendar time at that moment (default 2026-01-01). */
export function createVirtualClock(
  options: { readonly startMs?: number; readonly wallStartMs?: number } = {},
): VirtualClock {
  const startMs = options.startMs ?? 0;
  const wallStartMs = options.wallStartMs ?? Date.UTC(2026, 0, 1);
  const entries = new Set<Entry>();
  let nowMs = startMs;
  let order = 0;

  const fireNext = async (untilMs: number): Promise<boolean> => {
    const entry = earliest(entries);
    if (entry === undefined || entry.dueMs > untilMs) return false;
    entries.delete(entry);
    nowMs = Math.max(nowMs, entry.dueMs);
    entry.fire();
    await settle();
    return true;
  };
  const runUntil = async (untilMs: number): Promise<void> => {
    await settle();
    while (await fireNext(untilMs));
  };

  const advance = async (ms: number): Promise<void> => {
    const targetMs = nowMs + ms;
    await runUntil(targetMs);
    nowMs = targetMs;
  };

  return {
    nowMs: () => nowMs,
    wallMs: () => wallStartMs + (nowMs - startMs),
    setTimer: (delayMs, fire) => {
      const entry: Entry = { dueMs: nowMs + Math.max(0, delayMs), order: order++, fire };
      entries.add(entry);
      return { cancel: () => entries.delete(entry) };
    },
    advance,
    runUntilIdle: async (limitMs = 3_600_000) => {
      const beganMs = nowMs;
      await runUntil(beganMs + limitMs);
      return nowMs - beganMs;
    },
    runUntilSettled: async (work, { stepMs = 50, limitMs = 1_000_000 } = {}) => {
      const untilMs = nowMs + limitMs;
      let isOver = false;
      const noteEnd = (): void => {
        isOver = true;
      };
      work.then(noteEnd, noteEnd);
      while (!isOver) {
        if (nowMs >= untilMs) throw new Error(`the work did not end within ${limitMs} ms of virtual time`);
        await advance(stepMs);
      }
      return work;
    },
    get pendingTimers() {
      return entries.size;
    },
  };
}

function earliest(entries: ReadonlySet<Entry>): Entry | undefined {
  let best: Entry | undefined;
  for (const entry of entries) {
    if (best === undefined || entry.dueMs < best.dueMs || (entry.dueMs === best.dueMs && entry.order < best.order))
      best = entry;
  }
  return best;
}

/** V2: a macrotask turn of the real loop drains every promise reaction that is ready. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
