// SPDX-License-Identifier: Apache-2.0

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** Plain aligned columns under a heading, one line a row; no trailing blanks. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [columns.map(column => column.title), ...rows.map(row => columns.map(column => column.value(row)))];
  const widths = columns.map((_, index) => Math.max(...cells.map(line => line[index]?.length ?? 0)));
  const formatCell = (text: string, index: number): string =>
    columns[index]?.align === 'right' ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
  return `${cells.map(line => line.map(formatCell).join(GAP).trimEnd()).join('\n')}\n`;
}
