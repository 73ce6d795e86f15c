// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { Fleet } from '../client/fleet.ts';
import type { CliContext } from './cli-context.ts';

/** Which fleet a command speaks to. */
export interface FleetOptions {
  readonly fleet?: string;
  readonly url?: string;
}

/** Adds the options of {@link FleetOptions}. */
export function onFleet(command: Command): Command {
  return command
    .option('--fleet <name>', 'which fleet; default: the one that runs on this machine')
    .option('--url <url>', 'its broker, when it runs elsewhere');
}

/** Joins the fleet as a client for the time of `use`. */
export async function withFleet(
  context: CliContext,
  options: FleetOptions,
  use: (fleet: Fleet) => Promise<number>,
): Promise<number> {
  await using fleet = await join(context, options);
  return await use(fleet);
}

async function join({ terminal, clock, signal }: CliContext, { fleet, url }: FleetOptions): Promise<Fleet> {
  const { connect } = await import('../client/connect.ts');
  const target = { ...(fleet === undefined ? {} : { fleet }), ...(url === undefined ? {} : { url }) };
  return connect({ ...target, environment: terminal.environment, clock, signal });
}
