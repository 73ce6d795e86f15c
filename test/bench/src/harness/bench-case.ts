// SPDX-License-Identifier: Apache-2.0
import type { Measurement, RowPlan } from './row.ts';

/** What a case is given for one run. */
export interface CaseContext {
  /** Small samples, under a minute; rows whose plan says `quick: false` may be left out. */
  readonly quick: boolean;
  /** Tells the person who waits how far it is. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** One thing to measure, with the rows it promises. */
export interface BenchCase {
  readonly name: string;
  /** One line for people. */
  readonly title: string;
  readonly rows: readonly RowPlan[];
  /** Measures, and frees whatever it started, also when it throws. Keys are the metrics of `rows`. */
  readonly run: (context: CaseContext) => Promise<ReadonlyMap<string, Measurement>>;
}
