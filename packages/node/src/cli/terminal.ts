// SPDX-License-Identifier: Apache-2.0
import pc from 'picocolors';

/** Where a command writes and what the terminal can show. Data goes to `out`, messages for people to `err`. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether standard output is a terminal on which lines may be rewritten. */
  readonly interactive: boolean;
  readonly columns: number;
  /** Lines of the window. */
  readonly rows: number;
  /** Colours, or functions that change nothing where colour is not wanted. */
  readonly color: ReturnType<typeof pc.createColors>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What {@link createTerminal} needs of a process. */
export interface TerminalProcess {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Of a terminal that does not tell, or says 0. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };
/** Of a pipe or file, where nothing is rewritten and lines may be longer. */
const PLAIN_COLUMNS = 100;

/** Colour follows `NO_COLOR`, `FORCE_COLOR` and whether standard output is a terminal. */
export function createTerminal(process: TerminalProcess): Terminal {
  const interactive = process.stdout.isTTY === true;
  return {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    interactive,
    columns: process.stdout.columns || (interactive ? DEFAULT_SIZE.columns : PLAIN_COLUMNS),
    rows: process.stdout.rows || DEFAULT_SIZE.rows,
    color: pc.createColors(wantsColor(process.env, interactive)),
    environment: process.env,
  };
}

function wantsColor(environment: Readonly<Record<string, string | undefined>>, interactive: boolean): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return true;
  return interactive && environment.TERM !== 'dumb';
}
