// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from './cli-context.ts';
import { withJsonErrors } from './exit-status.ts';
import type { FamilyMeasureSettings } from './family-measure-command.ts';
import { parseCount } from './parse-count.ts';

const FOLDER = 'folder of a family, or the name of an installed one';

/** `aiflow family show | measure | verify`. */
export function addFamilyCommands(program: Command, context: CliContext): void {
  const family = program.command('family').description('a model family: what it holds, scores and costs');
  addShow(family, context);
  addMeasure(family, context);
  addVerify(family, context);
}

function addShow(family: Command, { terminal, signal, done }: CliContext): void {
  family
    .command('show')
    .description('exits and rungs with parameters, bytes, scores and costs, as measured')
    .argument('[folder]', FOLDER, 'nano')
    .option('--json', 'print one object')
    .action(async (folder: string, { json = false }: { json?: boolean }) => {
      const { showFamily } = await import('./family-show-command.ts');
      const run = (): Promise<number> => showFamily(terminal, { folder, json });
      done(await (json ? withJsonErrors(terminal, signal, run) : run()));
    });
}

function addVerify(family: Command, { terminal, done }: CliContext): void {
  family
    .command('verify')
    .description('check every file: size, hash, shapes')
    .argument('[folder]', FOLDER, 'nano')
    .action(async (folder: string) => {
      const { verifyFamily } = await import('./family-verify-command.ts');
      done(await verifyFamily(terminal, { folder }));
    });
}

type MeasureOptions = Omit<FamilyMeasureSettings, 'folder' | 'clock' | 'signal'>;

function addMeasure(family: Command, { terminal, clock, signal, done }: CliContext): void {
  family
    .command('measure')
    .description('score and cost of every exit, rung and format on the held-out questions; a stopped run goes on')
    .argument('[folder]', FOLDER, 'nano')
    .option('--limit <n>', 'questions for fp32 at the last rung; default: all', parseCount)
    .option('--sample <n>', 'questions for other formats, other rungs, and policies', parseCount, 300)
    .option('--formats <list>', 'formats beside the reference, such as fp32,int8; default: all', parseFormats)
    .option('--lanes <n>', 'questions measured at once; default: one a core', parseCount)
    .option('--out <file>', 'default: measured.json beside the manifest')
    .option('--page <file...>', 'pages whose marked blocks are filled in; default: MODEL-CARD.md beside the manifest')
    .option('--plot <file>', 'draw score and cost as SVG')
    .option('--cache <folder>', 'holds built graphs and what a stopped run had')
    .option('--fresh', 'forget what a stopped run had')
    .action(async (folder: string, options: MeasureOptions) => {
      const { runMeasure } = await import('./family-measure-command.ts');
      done(await runMeasure(terminal, { ...options, folder, clock, signal }));
    });
}

const FORMATS = ['fp32', 'int8', 'int4'] as const;

function parseFormats(text: string): readonly (typeof FORMATS)[number][] {
  const wanted = text.split(',');
  const wrong = wanted.find(format => !FORMATS.some(known => known === format));
  if (wrong !== undefined) throw new InvalidArgumentError(`'${wrong}' is no format: ${FORMATS.join(', ')}`);
  return FORMATS.filter(format => wanted.includes(format));
}
