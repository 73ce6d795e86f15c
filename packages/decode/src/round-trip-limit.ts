// SPDX-License-Identifier: Apache-2.0

/** How long a verdict may take before its verifier is taken for dead, learnt from earlier ones. */
export interface RoundTripLimit {
  note(roundTripMs: number): void;
  /** `fallbackMs` before anything was learnt, and at most. */
  limitMs(fallbackMs: number): number;
}

/** Below this a pause of the machine would look like a death. */
const LEAST_MS = 400;

/** Smoothed mean and deviation as TCP's retransmission timer keeps them (RFC 6298), with a mean counted three times. */
export function createRoundTripLimit(): RoundTripLimit {
  let mean: number | undefined;
  let deviation = 0;
  return {
    note: roundTripMs => {
      const error = mean === undefined ? 0 : Math.abs(roundTripMs - mean);
      deviation = mean === undefined ? roundTripMs / 2 : 0.75 * deviation + 0.25 * error;
      mean = mean === undefined ? roundTripMs : 0.875 * mean + 0.125 * roundTripMs;
    },
    limitMs: fallbackMs =>
      mean === undefined ? fallbackMs : Math.min(fallbackMs, Math.max(LEAST_MS, 3 * mean + 4 * deviation)),
  };
}
