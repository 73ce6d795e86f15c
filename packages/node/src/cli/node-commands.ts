// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import { parseCount } from './parse-count.ts';

/** Commands about this machine: `node`, `doctor`. */
export function addNodeCommands(program: Command, { terminal, clock, signal, done }: CliContext): void {
  program
    .command('node')
    .description('run one node: the daemon')
    .requiredOption('--config <file>', 'node file (YAML)')
    .action(async ({ config: file }: { config: string }) => {
      const { runNode } = await import('./node-command.ts');
      done(await runNode(terminal, { file, clock, signal }));
    });
  program
    .command('doctor')
    .description('check this machine, the files given and the fleets running here')
    .argument('[files...]', 'node files to check as well')
    .option('--limit <ms>', 'the longest one check may take', parseCount, 10_000)
    .action(async (configFiles: string[], { limit: limitMs }: { limit: number }) => {
      const { runDoctor } = await import('./doctor-command.ts');
      done(await runDoctor(terminal, { clock, signal, configFiles, limitMs }));
    });
}
