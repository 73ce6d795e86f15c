// SPDX-License-Identifier: Apache-2.0
//
// What the exits of this node's engine cost, measured on the engine itself.
//
// C1  No question waits for a measurement: none begins while the engine works for a session, and one that is under way
//     when a question comes is given up at once and made again later.
// C2  A pass measures for a bounded time in all; what is left then stays as it was.
// C3  Whatever else runs on the machine can only make a time longer, so of a point's last two the shorter counts, and
//     what a longer block took is a bound for the shorter ones.
import type { HostedEngine, VerifyPoint } from '@aiflow/model';
import { type Clock, sleep } from '@aiflow/time';
import type { EngineActivity } from './engine-activity.ts';

/** An engine as far as its costs are measured. */
export type MeasuredEngine = Pick<HostedEngine, 'measureVerifyCurve'>;

/** Times of blocks by their length in proposed tokens; 0 is a step: one token, decoded by itself. */
export type BlockTimes = ReadonlyMap<number, number>;

/** Measures exits, again and again. */
export interface ExitCostMeter {
  /** What is known of an exit; empty before its first point. */
  timesOf(exit: number): BlockTimes;
  /** One pass over `exits`, cheap points of all of them first. Rejects when `signal` aborts or the engine fails. */
  pass(exits: readonly number[], signal: AbortSignal): Promise<void>;
}

/** What is measured with one prompt: lengths of blocks, and runs of each. Long blocks are costly and vary less. */
const GROUPS: readonly { readonly tokens: readonly number[]; readonly repeats: number }[] = [
  { tokens: [0, 1, 4, 8], repeats: 3 },
  { tokens: [16, 32, 64], repeats: 1 },
];
const PROMPT_TOKENS = 64;
/** What a pass gives to measuring. */
const PASS_MS = 4000;
/** How often a node that is busy is looked at again. */
const BUSY_POLL_MS = 250;

/** Knows nothing yet. */
export function createExitCostMeter(
  { clock, activity }: { readonly clock: Clock; readonly activity: Pick<EngineActivity, 'busy' | 'onBusy'> },
  engine: MeasuredEngine,
): ExitCostMeter {
  const samples = new Map<number, Map<number, readonly number[]>>();
  const note = (exit: number, { tokens, ms }: VerifyPoint): void => {
    const byTokens = samples.get(exit) ?? new Map<number, readonly number[]>();
    samples.set(exit, byTokens);
    byTokens.set(tokens, [...(byTokens.get(tokens) ?? []), ms].slice(-2));
  };
  return {
    timesOf: exit => leastTimes(samples.get(exit) ?? new Map()),
    pass: async (exits, signal) => {
      let leftMs = PASS_MS;
      for (const group of GROUPS) {
        for (const exit of exits) {
          if (leftMs <= 0) return; // C2
          const request = { exit, ...group, promptLength: PROMPT_TOKENS };
          const measured = await whileIdle({ clock, activity }, signal, inner => {
            return engine.measureVerifyCurve(request, inner);
          });
          leftMs -= measured.tookMs;
          for (const point of measured.value) note(exit, point);
        }
      }
    },
  };
}

/** C3 */
function leastTimes(samples: ReadonlyMap<number, readonly number[]>): BlockTimes {
  let bound = Number.POSITIVE_INFINITY;
  const longestFirst = [...samples].sort(([one], [other]) => other - one);
  const least = longestFirst.map(([tokens, ms]): [number, number] => {
    bound = Math.min(bound, ...ms);
    return [tokens, bound];
  });
  return new Map(least.reverse());
}

interface Idleness {
  readonly clock: Clock;
  readonly activity: Pick<EngineActivity, 'busy' | 'onBusy'>;
}

/** C1 */
async function whileIdle<Value>(
  { clock, activity }: Idleness,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<{ readonly value: Value; readonly tookMs: number }> {
  for (;;) {
    while (activity.busy) await sleep(clock, BUSY_POLL_MS, signal);
    signal.throwIfAborted();
    const question = new AbortController();
    const unsubscribe = activity.onBusy(() => question.abort());
    const beganMs = clock.nowMs();
    try {
      const value = await work(AbortSignal.any([signal, question.signal]));
      return { value, tookMs: clock.nowMs() - beganMs };
    } catch (error) {
      if (!question.signal.aborted || signal.aborted) throw error;
    } finally {
      unsubscribe();
    }
  }
}
