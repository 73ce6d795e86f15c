// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type ErrorCode } from '@aiflow/protocol';
import type { Terminal } from './terminal.ts';

/** What the shell learns. 2 is a mistake in the command or a file, 1 anything that went wrong later, 130 Ctrl-C. */
export const EXIT_STATUS = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set(['invalid-argument', 'out-of-range']);

/** Says what failed, where and under which code, on standard error; returns the exit status. */
export function reportError(terminal: Terminal, thrown: unknown): number {
  const error = AiflowError.from(thrown);
  if (error.code === 'cancelled') return EXIT_STATUS.interrupted;
  const place = [error.node && `node ${error.node}`, error.hop !== error.node && error.hop && `hop ${error.hop}`]
    .filter(Boolean)
    .join(', ');
  terminal.err(`${terminal.color.red('error')} ${error.code}${place ? ` (${place})` : ''}: ${error.message}\n`);
  if (error.retryAfterMs !== undefined) terminal.err(`retry in ${error.retryAfterMs} ms\n`);
  return statusOf(error);
}

/** Runs a command that prints one object: where it fails, that object is `{"error":{code,message,node,hop}}`. */
export async function withJsonErrors(
  terminal: Terminal,
  signal: AbortSignal,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (thrown) {
    const error = AiflowError.from(thrown);
    if (signal.aborted || error.code === 'cancelled') throw thrown;
    const { code, message, node, hop } = error;
    terminal.out(`${JSON.stringify({ error: { code, message, node, hop } })}\n`);
    return statusOf(error);
  }
}

function statusOf(error: AiflowError): number {
  return USAGE_CODES.has(error.code) ? EXIT_STATUS.usage : EXIT_STATUS.failed;
}
