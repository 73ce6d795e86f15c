// SPDX-License-Identifier: Apache-2.0
//
// What the exits of this node's engine cost, measured on the engine itself.
//
// A series measures every exit in passes, until two passes over an exit agree or a limit is reached:
//
//   rest -> pass over all exits -> rest -> pass over those that do not stand yet -> ... -> what is left stands as it is
//
// C1  No question waits for a measurement: none begins while the engine works for a session, and one that is under way
//     when a question comes is given up at once and made again later.
// C2  A series measures for a bounded time and in a bounded number of passes.
// C3  Whatever else runs on the machine can only make a time longer, so of a point's times in a series the shortest
//     counts, and what a longer block took is a bound for the shorter ones.
// C4  An exit is known whole or not at all: step, every block, prompt. What stood before stands until a later series has
//     measured it whole.
// C5  Rests are drawn, so that nodes which start together on one machine do not measure at the same time again and again.
import type { HostedEngine } from '@aiflow/model';
import { type Clock, type Random, sleep } from '@aiflow/time';
import type { EngineActivity } from './engine-activity.ts';

/** An engine as far as its costs are measured. */
export type MeasuredEngine = Pick<HostedEngine, 'measureVerifyCurve'>;

/** Times of blocks by their length in proposed tokens; 0 is a step: one token, decoded by itself. */
export type BlockTimes = ReadonlyMap<number, number>;

/** Measures exits, again and again. */
export interface ExitCostMeter {
  /** What an exit costs, never less for a longer block; empty until it is known whole. */
  timesOf(exit: number): BlockTimes;
  /** One series over `exits`, those first that are not known yet. Rejects when `signal` aborts or the engine fails. */
  measure(exits: readonly number[], signal: AbortSignal): Promise<void>;
}

/** What a meter works with. */
export interface ExitCostCollaborators {
  readonly clock: Clock;
  /** Draws the rests. */
  readonly random: Random;
  readonly activity: Pick<EngineActivity, 'busy' | 'onBusy'>;
}

/** What is measured with one prompt: lengths of blocks, and runs of each. Long blocks are costly and vary less. */
const GROUPS: readonly { readonly tokens: readonly number[]; readonly repeats: number }[] = [
  { tokens: [0, 1, 4, 8], repeats: 3 },
  { tokens: [16, 32, 64], repeats: 1 },
];
const PROMPT_TOKENS = 64;
/** What a series gives to measuring; an exit that was begun is measured whole. */
const SERIES_MS = 12_000;
const MAX_PASSES = 3;
/** Two passes agree on a point when they differ by no more than this share, or by so little. */
const AGREED_SHARE = 0.25;
const AGREED_MS = 0.5;
/** Before the first pass, and between passes. */
const FIRST_REST_MS = { least: 0, most: 2000 };
const REST_MS = { least: 1000, most: 3000 };
/** How often a node that is busy is looked at again. */
const BUSY_POLL_MS = 250;

/** Knows nothing yet. */
export function createExitCostMeter(collaborators: ExitCostCollaborators, engine: MeasuredEngine): ExitCostMeter {
  const standing = new Map<number, BlockTimes>();
  return {
    timesOf: exit => standing.get(exit) ?? new Map(),
    measure: (exits, signal) => new Series(collaborators, engine, standing).run(exits, signal),
  };
}

class Series {
  readonly #collaborators: ExitCostCollaborators;
  readonly #engine: MeasuredEngine;
  readonly #standing: Map<number, BlockTimes>;
  readonly #least = new Map<number, BlockTimes>();
  #leftMs = SERIES_MS;

  constructor(collaborators: ExitCostCollaborators, engine: MeasuredEngine, standing: Map<number, BlockTimes>) {
    this.#collaborators = collaborators;
    this.#engine = engine;
    this.#standing = standing;
  }

  /** What does not stand yet goes first. */
  async run(exits: readonly number[], signal: AbortSignal): Promise<void> {
    const stands = (exit: number): boolean => this.#standing.has(exit);
    let open: readonly number[] = [...exits.filter(exit => !stands(exit)), ...exits.filter(stands)];
    for (let pass = 0; pass < MAX_PASSES && open.length > 0 && this.#leftMs > 0; pass++) {
      await this.#rest(pass === 0 ? FIRST_REST_MS : REST_MS, signal);
      open = await this.#pass(open, signal);
    }
    for (const exit of open) this.#settle(exit);
  }

  /** The exits that do not stand after it. */
  async #pass(exits: readonly number[], signal: AbortSignal): Promise<readonly number[]> {
    const open: number[] = [];
    for (const exit of exits) {
      if (this.#leftMs <= 0 || !(await this.#agrees(exit, signal)))
        open.push(exit); // C2
      else this.#settle(exit);
    }
    return open;
  }

  /** Measures an exit whole; whether that is what the passes before it found. */
  async #agrees(exit: number, signal: AbortSignal): Promise<boolean> {
    const fresh = await this.#measureWhole(exit, signal);
    const past = this.#least.get(exit);
    this.#least.set(exit, past === undefined ? fresh : leastOf(past, fresh));
    return past !== undefined && isAlike(past, fresh);
  }

  async #measureWhole(exit: number, signal: AbortSignal): Promise<BlockTimes> {
    const times = new Map<number, number>();
    for (const group of GROUPS) {
      const request = { exit, ...group, promptLength: PROMPT_TOKENS };
      const { value, tookMs } = await whileIdle(this.#collaborators, signal, inner =>
        this.#engine.measureVerifyCurve(request, inner),
      );
      this.#leftMs -= tookMs;
      for (const { tokens, ms } of value) times.set(tokens, ms);
    }
    return rising(times);
  }

  /** C4 */
  #settle(exit: number): void {
    const least = this.#least.get(exit);
    if (least !== undefined && GROUPS.every(({ tokens }) => tokens.every(one => least.has(one)))) {
      this.#standing.set(exit, least);
    }
  }

  /** C5 */
  async #rest({ least, most }: typeof REST_MS, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#collaborators;
    await sleep(clock, least + random.next() * (most - least), signal);
  }
}

/** C3: a shorter block takes no longer than a longer one did. */
function rising(times: BlockTimes): BlockTimes {
  let bound = Number.POSITIVE_INFINITY;
  const longestFirst = [...times].sort(([one], [other]) => other - one);
  const least = longestFirst.map(([tokens, ms]): [number, number] => {
    bound = Math.min(bound, ms);
    return [tokens, bound];
  });
  return new Map(least.reverse());
}

/** C3: of both, point by point; what rises in both rises in their least. */
function leastOf(one: BlockTimes, other: BlockTimes): BlockTimes {
  return new Map([...one].map(([tokens, ms]) => [tokens, Math.min(ms, other.get(tokens) ?? ms)]));
}

function isAlike(one: BlockTimes, other: BlockTimes): boolean {
  return [...one].every(([tokens, ms]) => {
    const again = other.get(tokens) ?? Number.POSITIVE_INFINITY;
    return Math.abs(again - ms) <= Math.max(AGREED_MS, AGREED_SHARE * Math.min(again, ms));
  });
}

/** C1 */
async function whileIdle<Value>(
  { clock, activity }: Pick<ExitCostCollaborators, 'clock' | 'activity'>,
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
