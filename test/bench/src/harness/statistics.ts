// SPDX-License-Identifier: Apache-2.0

/** The value below which the share `q` (0 to 1) of `values` lies, interpolated. NaN for none. */
export function quantile(values: Iterable<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

export function median(values: Iterable<number>): number {
  return quantile(values, 0.5);
}

/** The smallest and the largest. `[NaN, NaN]` for none. */
export function spread(values: Iterable<number>): readonly [number, number] {
  return [quantile(values, 0), quantile(values, 1)];
}
