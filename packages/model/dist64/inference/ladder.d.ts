import type { Clock } from '@aiflow/time';
import type { Embedding } from './embedding.ts';
import type { Session } from './session.ts';
import type { Stage } from './stage.ts';
import type { StageCosts } from './stage-costs.ts';
/** Rows in one block at most, in prefill and when a stage catches up. */
export declare const PREFILL_ROWS = 64;
/** An exit and the trunk stages below it. */
export interface Rungs {
  readonly trunk: readonly Stage[];
  readonly exit: Stage;
  /** Which rung of the exit `exit` is. */
  readonly rung: number;
}
/** What every step on the ladder needs. */
export interface LadderContext {
  readonly session: Session;
  readonly rungs: Rungs;
  /** Rows before layer 0, or before the first layer that is loaded where they can be made up. */
  readonly embedding: Embedding;
  /** What runs take, for those who have to keep within a time. */
  readonly costs: StageCosts;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Counts rows whose keys and values were computed below features that had been received. */
  readonly countRefilled: (rows: number) => void;
  /** Runs after each graph: throws when the caller has given up. */
  readonly checkpoint: () => Promise<void>;
}
/** Computes the exit's rows below `rows` and what they need; in the answer `blockRows` at most share a block. */
export declare function advance(context: LadderContext, rows: number, blockRows?: number): Promise<void>;
/** Computes the states before `layer` for all rows below `rows`. */
export declare function advanceTrunk(
  context: LadderContext,
  layer: number,
  {
    rows,
    blockRows,
  }: {
    readonly rows: number;
    readonly blockRows?: number;
  },
): Promise<void>;
/** Fills keys and values of all layers below `layer` up to `rows`. */
export declare function fillCaches(context: LadderContext, layer: number, rows: number): Promise<void>;
/** Computes one row again, alone, at each stage above the last state that was received; later rows stay. */
export declare function recomputeRow(context: LadderContext, row: number): Promise<void>;
/**
 * Computes the rows from the first that is not canonical up to `row` again, one by one, then all that were there.
 * `row` lies in the answer.
 */
export declare function recomputeCanonically(context: LadderContext, row: number): Promise<void>;
/** Where computing must begin so that `row` comes out as L2 says. */
export declare function startOfBlock({ promptLength }: Session, row: number): number;
//# sourceMappingURL=ladder.d.ts.map
