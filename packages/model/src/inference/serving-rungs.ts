// SPDX-License-Identifier: Apache-2.0
//
// The stages that serve, and their replacement while they do.
//
// R1  A call takes what serves when it begins and keeps it to its end, so that no answer of one call mixes two rungs.
// R2  A stage that was replaced is released when the calls that began before have ended.
// R3  Another rung is another stage with its own id, hence with its own cache and decisions; it is filled from the feature
//     log, which rungs of one exit share because the trunk alone decides it.
import type { Rungs } from './rungs.ts';
import type { Stage } from './stage.ts';

/** The stages of each exit. */
export type RungsByExit = ReadonlyMap<number, Rungs>;

/** Hands out stages, and swaps those of an exit for others. */
export interface ServingRungs {
  /** What serves now: for looking; a call uses `during`. */
  readonly byExit: RungsByExit;
  /** R1 */
  during<Result>(work: (byExit: RungsByExit) => Promise<Result>): Promise<Result>;
  /** Serves `exit` from `stage` on; resolves when the one before it is released (R2). */
  replace(exit: number, replacement: { readonly stage: Stage; readonly rung: number }): Promise<void>;
  /** Releases every stage that serves. */
  release(): Promise<void>;
}

/** Serves `byExit`. */
export function createServingRungs(byExit: RungsByExit): ServingRungs {
  let serving = byExit;
  const running = new Set<Promise<unknown>>();
  return {
    get byExit() {
      return serving;
    },
    during: work => {
      const call = work(serving);
      const settled: Promise<unknown> = call.then(
        () => running.delete(settled),
        () => running.delete(settled),
      );
      running.add(settled);
      return call;
    },
    replace: async (exit, { stage, rung }) => {
      const before = serving.get(exit);
      if (before === undefined) return stage.release();
      serving = new Map(serving).set(exit, { ...before, exit: stage, rung });
      await Promise.all(running);
      await before.exit.release();
    },
    release: async () => {
      const stages = new Set([...serving.values()].flatMap(({ trunk, exit }) => [...trunk, exit]));
      serving = new Map();
      await Promise.all([...stages].map(stage => stage.release()));
    },
  };
}
