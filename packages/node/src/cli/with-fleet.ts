// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { Fleet } from '../client/fleet.ts';
import type { CliContext } from './cli-context.ts';

/** Which fleet a command speaks to. */
export interface FleetOptions {
  readonly fleet?: string;
  readonly url?: string;
  readonly socket?: string;
  /** The node that will be asked, where that is known. */
  readonly at?: string;
}

/** Adds the options of {@link FleetOptions}. */
export function onFleet(command: Command): Command {
  return command
    .option('--fleet <name>', 'which fleet; default: the one that runs on this machine')
    .option('--url <url>', 'its broker, when it runs elsewhere')
    .option('--socket <path>', 'the door of a node on this machine, which needs no broker');
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

async function join({ terminal, clock, signal }: CliContext, { fleet, url, socket, at }: FleetOptions): Promise<Fleet> {
  const { connect } = await import('../client/connect.ts');
  const target = {
    ...(fleet === undefined ? {} : { fleet }),
    ...(url === undefined ? {} : { url }),
    ...(socket === undefined ? {} : { socket }),
    ...(at === undefined ? {} : { node: at }),
  };
  return connect({ ...target, environment: terminal.environment, clock, signal });
}
