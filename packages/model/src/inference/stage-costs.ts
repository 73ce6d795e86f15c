// SPDX-License-Identifier: Apache-2.0
import type { Rungs } from './rungs.ts';
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

/** Up to here a run takes about as long as for one row, since it reads the same weights. */
const MAX_ROWS = 8;
const WINDOW = 31;
/** An exit's block and its head, in blocks of the trunk. */
const EXIT_BLOCKS = 2;

/** Keeps the last 31 short runs of each stage. Times are multiplied by `slowdown`, as the caller of an engine sees them. */
export function createStageCosts({ slowdown = 1 }: { readonly slowdown?: number } = {}): StageCosts {
  const runs = new Map<string, RunningMedian>();
  const perBlock = createRunningMedian(WINDOW);
  const blocksOf = (stage: Stage): number => (stage.kind === 'exit' ? EXIT_BLOCKS : stage.blocks);
  const msPerRun = (stage: Stage): number | undefined => runs.get(stage.id)?.value;
  return {
    record: (stage, rows, ms) => {
      if (rows > MAX_ROWS) return;
      const own = runs.get(stage.id) ?? createRunningMedian(WINDOW);
      runs.set(stage.id, own);
      own.push(ms * slowdown);
      perBlock.push((ms * slowdown) / blocksOf(stage));
    },
    msPerRun,
    tokenMs: asked => {
      const stages = new Set(asked.flatMap(({ trunk, exit }) => [...trunk, exit]));
      const blockMs = perBlock.value ?? Number.POSITIVE_INFINITY;
      return [...stages].reduce((sum, stage) => sum + (msPerRun(stage) ?? blocksOf(stage) * blockMs), 0);
    },
  };
}

interface RunningMedian {
  /** Of the last values; undefined before the first. */
  readonly value: number | undefined;
  push(value: number): void;
}

function createRunningMedian(window: number): RunningMedian {
  const values: number[] = [];
  let median: number | undefined;
  return {
    get value() {
      median ??= [...values].sort((left, right) => left - right)[values.length >> 1];
      return median;
    },
    push: value => {
      values.push(value);
      if (values.length > window) values.shift();
      median = undefined;
    },
  };
}
