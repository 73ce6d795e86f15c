// SPDX-License-Identifier: Apache-2.0

/** What a row's value or ratio should come to. */
export interface Aim {
  /** `ratio`: the value over that of the row's baseline. */
  readonly of: 'value' | 'ratio';
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** A row that a case promises to fill, committed beside the case. */
export interface RowPlan {
  /** Unique within the case. */
  readonly metric: string;
  readonly unit: string;
  /** The metric of the same case that this one is compared with. */
  readonly baseline?: string;
  readonly aim?: Aim;
  /** False: `--quick` takes the row from the recorded full run unless it measured it all the same. Default true. */
  readonly quick?: boolean;
}

/** What one run found for one metric. */
export type Measurement =
  | { readonly rounds: readonly number[] }
  /** It could not be measured, and why. */
  | { readonly unavailable: string };

/** A row as `--json` prints it. */
export interface Row {
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  /** The median over the run's rounds; null when it was not measured. */
  readonly value: number | null;
  /** The smallest and the largest round. */
  readonly spread: readonly [number, number] | null;
  /** The baseline's value in the same run. */
  readonly baseline: number | null;
  /** The metric that `baseline` is of. */
  readonly against: string | null;
  /** Median over the rounds of the value over the baseline's value in the same round. */
  readonly ratio: number | null;
  /** Such as `ratio <= 1.25`; null for a row that is only shown. */
  readonly aim: string | null;
  /** False when the aim is missed, and whenever the value is missing. */
  readonly met: boolean;
  /** `live`, `recorded <date> <commit>`, or `missing`. */
  readonly source: string;
  /** Why a value is missing. */
  readonly note?: string;
}
