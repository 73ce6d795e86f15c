import type { Rungs } from './ladder.ts';
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
  replace(
    exit: number,
    replacement: {
      readonly stage: Stage;
      readonly rung: number;
    },
  ): Promise<void>;
  /** Releases every stage that serves. */
  release(): Promise<void>;
}
/** Serves `byExit`. */
export declare function createServingRungs(byExit: RungsByExit): ServingRungs;
//# sourceMappingURL=serving-rungs.d.ts.map
