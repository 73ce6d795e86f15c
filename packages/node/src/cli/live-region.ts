// SPDX-License-Identifier: Apache-2.0
import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from './terminal.ts';

const ESCAPE = '\u001b[';

/** The last lines of a terminal, rewritten in place. */
export interface LiveRegion {
  /** Shows `text` in place of what was shown before. */
  show(text: string): void;
  /** Leaves what is shown and goes on below it. */
  finish(): void;
}

/**
 * Rewrites by moving the cursor up over the rows that the previous text took. Text taller than the window can't be
 * reached that way: it is held back, and written below at the end.
 */
export function createLiveRegion(terminal: Terminal): LiveRegion {
  let rows = 0;
  let shown = '';
  let tooTall: string | undefined;
  return {
    show: text => {
      if (text === shown) return;
      tooTall = rowsOf(text, terminal.columns) > terminal.rows ? text : undefined;
      if (tooTall !== undefined) return;
      terminal.out(`${erase(rows)}${text}`);
      rows = rowsOf(text, terminal.columns);
      shown = text;
    },
    finish: () => {
      if (tooTall !== undefined) terminal.out(`${rows > 0 ? erase(rows) : ''}${tooTall}\n`);
      else if (rows > 0) terminal.out('\n');
      tooTall = undefined;
      rows = 0;
      shown = '';
    },
  };
}

/** To the start of the last `rows` rows, and away with them. */
function erase(rows: number): string {
  return `${rows > 1 ? `${ESCAPE}${rows - 1}A` : ''}\r${ESCAPE}0J`;
}

/** Rows that `text` takes on a terminal of `columns` columns. */
export function rowsOf(text: string, columns: number): number {
  const lines = stripVTControlCharacters(text).split('\n');
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / Math.max(1, columns))), 0);
}
