// SPDX-License-Identifier: Apache-2.0

/** Measured time of verifying a block of `tokens` at an exit. */
export interface VerifyPoint {
  readonly tokens: number;
  readonly ms: number;
}

/** Asks what a text costs an exit in bits. */
export interface InformationRequest {
  readonly exit: number;
  /** The first id is given, the others are paid for. Ids beyond the family's context are left out. */
  readonly ids: readonly number[];
}

/** Asks for the time of verifying blocks. */
export interface VerifyCurveRequest {
  readonly exit: number;
  /** Block lengths, in proposed tokens. */
  readonly tokens: readonly number[];
  /** Prompt length at which it is measured. Default 128. */
  readonly promptLength?: number;
  /** Runs a point, of which the median counts. Default 5. */
  readonly repeats?: number;
}
