// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import type { Terminal } from './terminal.ts';

/** What every command works with. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborted by Ctrl-C and the signals that ask a process to end. */
  readonly signal: AbortSignal;
  /** Takes the exit status of the command that ran. */
  readonly done: (status: number) => void;
}
