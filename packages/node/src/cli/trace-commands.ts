// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import { withJsonErrors } from './exit-status.ts';
import { parseCount } from './parse-count.ts';
import { type FleetOptions, onFleet, withFleet } from './with-fleet.ts';

interface TraceOptions extends FleetOptions {
  readonly json?: boolean;
  readonly limit?: number;
}

/** `aiflow trace`. */
export function addTraceCommand(program: Command, context: CliContext): void {
  onFleet(program.command('trace').description('draw a trace across the nodes, or list the latest; see docs/traces.md'))
    .argument('[id]', '32 hex digits; without it the latest traces are listed')
    .option('--json', 'print one object')
    .option(
      '--limit <n>',
      'traces that are listed (20), or spans alike that are drawn under one parent (8)',
      parseCount,
    )
    .action((id: string | undefined, options: TraceOptions) => trace(context, id, options));
}

async function trace(context: CliContext, id: string | undefined, options: TraceOptions): Promise<void> {
  const { terminal, clock, signal, done } = context;
  const { parseTraceId, showTrace, showTraces } = await import('./trace-command.ts');
  const { json = false, limit } = options;
  const run = async (): Promise<number> => {
    const traceId = id === undefined ? undefined : parseTraceId(id);
    return withFleet(context, options, fleet =>
      traceId === undefined
        ? showTraces(terminal, fleet, { json, limit: limit ?? 20 })
        : showTrace(terminal, fleet, { traceId, clock, json, keepAlike: limit ?? 8 }),
    );
  };
  done(await (json ? withJsonErrors(terminal, signal, run) : run()));
}
