// SPDX-License-Identifier: Apache-2.0

/** Measured time of a block of `tokens`. */
export interface CostPoint {
  readonly tokens: number;
  readonly ms: number;
}

/**
 * Time of a block of so many tokens, from measured points: linear between them, in proportion beyond the last.
 * `points` must not be empty; an empty block costs as much as one token.
 */
export function costCurve(points: readonly CostPoint[]): (tokens: number) => number {
  const ordered = [...points].sort((one, other) => one.tokens - other.tokens);
  return wanted => {
    const tokens = Math.max(1, wanted);
    const above = ordered.findIndex(point => point.tokens >= tokens);
    const upper = ordered[above < 0 ? ordered.length - 1 : above];
    if (upper === undefined) return 0;
    const lower = ordered[above - 1];
    if (above < 0) return (upper.ms * tokens) / upper.tokens;
    if (lower === undefined || upper.tokens === tokens) return upper.ms;
    const share = (tokens - lower.tokens) / (upper.tokens - lower.tokens);
    return lower.ms + share * (upper.ms - lower.ms);
  };
}

/** The same as a table from 0 to `most` tokens, for loops that ask often. */
export function costTable(points: readonly CostPoint[], most: number): readonly number[] {
  const curve = costCurve(points);
  return Array.from({ length: most + 1 }, (_, tokens) => curve(tokens));
}
