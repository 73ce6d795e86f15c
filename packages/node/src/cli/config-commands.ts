// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import type { CliContext } from './cli-context.ts';
import type { ConfigKind } from './config-command.ts';

/** `aiflow config validate | show | schema`. */
export function addConfigCommands(program: Command, { terminal, done }: CliContext): void {
  const config = program.command('config').description('check and show configuration files');
  const kind = (hint: string): Option =>
    new Option('--kind <kind>', `what the file is; default: ${hint}`).choices(['node', 'fleet', 'simulation']);
  const read = 'fleet where it has a list of nodes and a name, simulation where it has only the list, else node';
  config
    .command('validate')
    .description('check a file; every problem is listed with its path and line')
    .argument('<file>')
    .addOption(kind(read))
    .action(async (file: string, options: { kind?: ConfigKind }) => {
      const { validateConfig } = await import('./config-command.ts');
      done(await validateConfig(terminal, file, options.kind));
    });
  config
    .command('show')
    .description('the effective configuration, secrets masked')
    .argument('<file>')
    .addOption(kind(read))
    .action(async (file: string, options: { kind?: ConfigKind }) => {
      const { showConfig } = await import('./config-command.ts');
      done(await showConfig(terminal, file, options.kind));
    });
  config
    .command('schema')
    .description('the JSON schema of a file')
    .addOption(kind('node'))
    .action(async (options: { kind?: ConfigKind }) => {
      const { printSchema } = await import('./config-command.ts');
      done(printSchema(terminal, options.kind ?? 'node'));
    });
}
