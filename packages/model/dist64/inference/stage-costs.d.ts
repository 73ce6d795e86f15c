import type { Rungs } from './ladder.ts';
import type { Stage } from './stage.ts';
/** What runs of stages took lately. */
export interface StageCosts {
  /** Notes a run; long blocks are left out, they say little of a token's time. */
  record(stage: Stage, rows: number, ms: number): void;
  /** Median of the last short runs; undefined before the first. */
  msPerRun(stage: Stage): number | undefined;
  /**
   * Time of a token that asks each of these exits: every stage on the way once. A stage that never ran counts by its
   * number of blocks with what the others take; where none ran, the time is unbounded.
   */
  tokenMs(asked: readonly Rungs[]): number;
}
/** Keeps the last 31 short runs of each stage. Times are multiplied by `slowdown`, as the caller of an engine sees them. */
export declare function createStageCosts({ slowdown }?: { readonly slowdown?: number }): StageCosts;
//# sourceMappingURL=stage-costs.d.ts.map
