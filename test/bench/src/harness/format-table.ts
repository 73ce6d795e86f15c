// SPDX-License-Identifier: Apache-2.0
import type { Row } from './row.ts';

const HEADINGS = ['metric', 'median', 'spread', 'ratio', 'aim', 'met', 'source'] as const;
const LEFT_ALIGNED = new Set([0, 4, 6]);

/** The rows of one case as text for a terminal, or as a Markdown table. */
export function formatTable(rows: readonly Row[], style: 'plain' | 'markdown'): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map(line => line[column]?.length ?? 0)));
  const lines = cells.map(line => line.map((cell, column) => pad(cell, column, widths[column] ?? 0)));
  if (style === 'plain') return lines.map(line => line.join('  ').trimEnd()).join('\n');
  const rule = widths.map((width, column) =>
    LEFT_ALIGNED.has(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [lines[0] ?? [], rule, ...lines.slice(1)].map(line => `| ${line.join(' | ')} |`).join('\n');
}

function cellsOf(row: Row): readonly string[] {
  const value = row.value === null ? '-' : `${formatNumber(row.value)} ${row.unit}`;
  const spread = row.spread === null ? '' : row.spread.map(formatNumber).join(' - ');
  const ratio = row.ratio === null ? '' : `${formatNumber(row.ratio)}x`;
  const met = row.aim === null && row.value !== null ? '' : row.met ? 'yes' : 'NO';
  return [
    row.metric,
    value,
    spread,
    ratio,
    row.aim ?? '',
    met,
    row.note === undefined ? row.source : `${row.source}: ${row.note}`,
  ];
}

function pad(cell: string, column: number, width: number): string {
  return LEFT_ALIGNED.has(column) ? cell.padEnd(width) : cell.padStart(width);
}

/** Three significant digits, thousands grouped. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
