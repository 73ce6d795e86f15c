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

/** Rewrites by moving the cursor up over the rows that the previous text took, so it must not scroll out of the window. */
export function createLiveRegion(terminal: Terminal): LiveRegion {
  let rows = 0;
  let shown = '';
  return {
    show: text => {
      if (text === shown) return;
      const up = rows > 1 ? `${ESCAPE}${rows - 1}A` : '';
      terminal.out(`${up}\r${ESCAPE}0J${text}`);
      rows = rowsOf(text, terminal.columns);
      shown = text;
    },
    finish: () => {
      if (rows > 0) terminal.out('\n');
      rows = 0;
      shown = '';
    },
  };
}

/** Rows that `text` takes on a terminal of `columns` columns. */
export function rowsOf(text: string, columns: number): number {
  const lines = stripVTControlCharacters(text).split('\n');
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / Math.max(1, columns))), 0);
}
