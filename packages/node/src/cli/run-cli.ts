// SPDX-License-Identifier: Apache-2.0
import { createSystemClock } from '@aiflow/time';
import { CommanderError } from 'commander';
import { EXIT_STATUS, reportError } from './exit-status.ts';
import { buildProgram } from './program.ts';
import { createTerminal, type TerminalProcess } from './terminal.ts';

/** The process as the command line sees it. */
export interface CliProcess extends TerminalProcess {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  exit(code?: number): never;
}

/**
 * Runs one command and returns its exit status. The first Ctrl-C asks the command to stop and clean up; the second
 * leaves at once.
 */
export async function runCli(args: readonly string[], process: CliProcess): Promise<number> {
  const terminal = createTerminal(process);
  const interruption = interruptionOf(process);
  let status: number = EXIT_STATUS.ok;
  const program = buildProgram({
    terminal,
    clock: createSystemClock({ keepAlive: true }),
    signal: interruption,
    done: result => {
      status = result;
    },
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_STATUS.ok : EXIT_STATUS.usage;
    return interruption.aborted ? EXIT_STATUS.interrupted : reportError(terminal, thrown);
  }
}

function interruptionOf(process: CliProcess): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_STATUS.interrupted);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.on('SIGHUP', interrupt);
  return controller.signal;
}
