// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from './cli-context.ts';
import { withJsonErrors } from './exit-status.ts';
import { parseCount } from './parse-count.ts';
import { type FleetOptions, onFleet } from './with-fleet.ts';

interface RelayCommandOptions extends FleetOptions {
  readonly from?: string;
  readonly to?: string;
  readonly layer?: number;
  readonly exit?: number;
  readonly after: number;
  readonly maxTokens: number;
  readonly repeats: number;
  readonly deadline: number;
  readonly link?: string;
  readonly json?: boolean;
}

function parseAfter(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a whole number, 0 or more');
}

/** `aiflow relay`. */
export function addRelayCommand(program: Command, context: CliContext): void {
  const { terminal, clock, signal, done } = context;
  onFleet(program.command('relay').description('go on where another node stopped, and show what that saves'))
    .argument('[question]', 'default: a long one of the family')
    .option('--from <node>', 'who stops; default: who serves the deepest layer')
    .option('--to <node>', 'who goes on; default: who holds the deepest exit')
    .option('--layer <n>', 'where it stops', parseCount)
    .option('--exit <depth>', 'exit whose answer is wanted; default: the deepest', parseCount)
    .option('--after <n>', 'tokens the first says itself before the other goes on', parseAfter, 8)
    .option('--max-tokens <n>', 'tokens the other says', parseCount, 24)
    .option('--repeats <n>', 'runs of each way; the median counts', parseCount, 5)
    .option('--deadline <ms>', 'for each run', parseCount, 30_000)
    .option('--link <rate,rtt>', 'start a fleet whose source has this link, such as 10mbit,20ms')
    .option('--json', 'print one object')
    .action(async (question: string | undefined, options: RelayCommandOptions) => {
      const { runRelayCommand } = await import('./relay-command.ts');
      const { from, to, layer, exit, after, maxTokens, repeats, deadline: deadlineMs, link, json = false } = options;
      const { fleet, url } = options;
      const target = { ...(fleet === undefined ? {} : { fleet }), ...(url === undefined ? {} : { url }) };
      const settings = { question, from, to, layer, exit, after, maxTokens, repeats, deadlineMs, link, json };
      const run = (): Promise<number> => runRelayCommand(terminal, { ...settings, fleet: target, clock, signal });
      done(await (json ? withJsonErrors(terminal, signal, run) : run()));
    });
}
