// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from './cli-context.ts';
import { EXIT_STATUS, withJsonErrors } from './exit-status.ts';

interface SimulateCommandOptions {
  readonly profile?: string;
  readonly profiles?: boolean;
  readonly seed?: number;
  readonly json?: boolean;
}

function parseSeed(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw new InvalidArgumentError('expected a whole number from 0 to 4294967295');
}

/** `aiflow simulate`. */
export function addSimulateCommand(program: Command, context: CliContext): void {
  program
    .command('simulate')
    .description('run a fleet over links of your choice and ask it questions; see docs/simulate.md')
    .argument('[file]', 'nodes, links and questions, as YAML or JSON')
    .option('--profile <name>', 'this link in place of every link of the file')
    .option('--profiles', 'list the links that have a name')
    .option('--seed <n>', 'in place of the one in the file', parseSeed)
    .option('--json', 'print one object')
    .action((file: string | undefined, options: SimulateCommandOptions) => simulate(context, file, options));
}

async function simulate(
  { terminal, clock, signal, done }: CliContext,
  file: string | undefined,
  { profile, profiles = false, seed, json = false }: SimulateCommandOptions,
): Promise<void> {
  const { runSimulate, showProfiles } = await import('./simulate-command.ts');
  if (profiles) return done(showProfiles(terminal, json));
  if (file === undefined) {
    terminal.err('give a file, or --profiles to see the links there are\n');
    return done(EXIT_STATUS.usage);
  }
  const run = (): Promise<number> => runSimulate(terminal, { file, profile, seed, json, clock, signal });
  done(await (json ? withJsonErrors(terminal, signal, run) : run()));
}
