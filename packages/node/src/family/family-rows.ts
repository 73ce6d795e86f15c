// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat, FamilyManifest } from '@aiflow/model';
import type { MeasuredCell, MeasuredFamily } from './measured-family.ts';

/** Formats in the order they are shown. */
export const FORMATS: readonly ComputeFormat[] = ['fp32', 'int8', 'int4'];

/** One exit at one rung, with what was measured of it in each format. */
export interface FamilyRow {
  readonly exit: number;
  readonly rung: number;
  /** Its own rung is the exit's last, which is "the exit" wherever no rung is named. */
  readonly isLast: boolean;
  readonly parameters: number;
  readonly bytes: number;
  /** By format; absent where not measured. */
  readonly cells: Readonly<Partial<Record<ComputeFormat, MeasuredCell>>>;
}

/** The rows of a family: exits shallow to deep, rungs small to large. */
export function rowsOf(manifest: FamilyManifest, measured: MeasuredFamily | undefined): readonly FamilyRow[] {
  return manifest.exits.flatMap(({ depth, rungs }) =>
    rungs.map(({ rung, parameters, bytes }) => ({
      ...{ exit: depth, rung, isLast: rung === rungs.length, parameters, bytes },
      cells: Object.fromEntries(
        (measured?.cells ?? [])
          .filter(cell => cell.exit === depth && cell.rung === rung)
          .map(cell => [cell.format, cell]),
      ),
    })),
  );
}

/**
 * What is worth showing of confidence tables, ascending by stated risk: of one exit's rows with the same margin, which
 * measure the same, that of the smallest risk.
 */
export function leastRisks<Row extends { readonly exit: number; readonly margin: number }>(
  rows: readonly Row[],
): readonly Row[] {
  return rows.filter(
    ({ exit, margin }, index) => rows.findIndex(row => row.exit === exit && row.margin === margin) === index,
  );
}

/** What guessing scores: the mean over kinds. */
export function chanceOf({ kinds }: Pick<MeasuredFamily, 'kinds'>): number {
  return kinds.reduce((sum, { chance }) => sum + chance, 0) / Math.max(1, kinds.length);
}

/** Figures as tables have them; `-` for what was not measured. */
export const figure = {
  percent: (share: number | undefined, digits = 1): string =>
    share === undefined ? '-' : (share * 100).toFixed(digits),
  /** With its sign: `99.1 %`. */
  share: (share: number | undefined, digits = 2): string =>
    share === undefined ? '-' : `${(share * 100).toFixed(digits)} %`,
  /** A difference in points with its interval: `+3.2 (2.1 to 4.3)`. */
  points: (value: { readonly difference: number; readonly low: number; readonly high: number } | undefined): string => {
    if (value === undefined) return '-';
    const show = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)}`;
    return `${show(value.difference)} (${show(value.low)} to ${show(value.high)})`;
  },
  millions: (count: number): string => `${(count / 1e6).toFixed(2)} M`,
  megabytes: (bytes: number | undefined, digits = 1): string =>
    bytes === undefined ? '-' : `${(bytes / 1e6).toFixed(digits)} MB`,
  ms: (ms: number | undefined): string => (ms === undefined ? '-' : ms.toFixed(ms < 10 ? 2 : 1)),
  number: (value: number | undefined, digits = 2): string => (value === undefined ? '-' : value.toFixed(digits)),
} as const;
