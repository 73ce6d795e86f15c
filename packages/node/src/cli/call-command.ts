// SPDX-License-Identifier: Apache-2.0
import { AiflowError, parseAddress } from '@aiflow/protocol';
import { type DrawTraceOptions, drawTraceTree } from '@aiflow/telemetry';
import type { Fleet } from '../client/fleet.ts';
import { EXIT_STATUS } from './exit-status.ts';
import type { Terminal } from './terminal.ts';

/** Settings of `aiflow call`. */
export interface CallCommandOptions {
  readonly timeoutMs: number;
  /** Draw the trace of the call, gathered from every node. */
  readonly trace: boolean;
  readonly signal: AbortSignal;
}

/** `aiflow call NODE ACTOR JSON`: prints the answer as JSON on standard output, and the trace on standard error. */
export async function callActor(
  terminal: Terminal,
  fleet: Fleet,
  target: { readonly node: string; readonly actor: string; readonly json: string },
  options: CallCommandOptions,
): Promise<number> {
  const address = parseAddress(`${target.actor}@${target.node}`);
  const message = parseMessage(target.json);
  const { value, traceId } = await fleet.traced('aiflow call', tracing =>
    fleet.call(address, message, { ...tracing, timeoutMs: options.timeoutMs, signal: options.signal }),
  );
  terminal.out(`${JSON.stringify(value)}\n`);
  if (options.trace) await drawTrace(terminal, fleet, traceId);
  return EXIT_STATUS.ok;
}

/** Draws the tree of a trace on standard error, below an empty line, so that standard output stays the answer. */
export async function drawTrace(
  terminal: Terminal,
  fleet: Fleet,
  traceId: string,
  options: Pick<DrawTraceOptions, 'keepAlike'> = {},
): Promise<void> {
  const spans = await fleet.collectTrace(traceId);
  const color = terminal.color.isColorSupported;
  terminal.err(`\n${drawTraceTree(spans, { width: terminal.columns, color, ...options })}`);
}

function parseMessage(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AiflowError(
      'invalid-argument',
      `the message is not JSON (${reason}): quote it for the shell, such as '{"celsius": 21}'`,
      {
        cause,
      },
    );
  }
}
