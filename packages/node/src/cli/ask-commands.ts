// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import type { QuestionOptions } from '../client/answer.ts';
import type { CliContext } from './cli-context.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { parseCount } from './parse-count.ts';
import { type FleetOptions, onFleet, withFleet } from './with-fleet.ts';

interface AskOptions extends FleetOptions {
  readonly exit?: number;
  readonly deadline?: number;
  readonly maxTokens?: number;
  readonly tiers?: NonNullable<QuestionOptions['tiers']>;
  readonly at?: string;
  readonly audit?: boolean;
  readonly json?: boolean;
  readonly trace?: boolean;
  readonly examples?: boolean;
}

/** `aiflow ask`. */
export function addAskCommand(program: Command, context: CliContext): void {
  const tiers = new Option('--tiers <who>', 'who shall answer').choices([
    'auto',
    'local',
    'two',
    'three',
    'cloud-only',
  ]);
  onFleet(program.command('ask').description('ask the fleet a question; the answer streams'))
    .argument('[question]', 'in plain words')
    .option('--exit <depth>', 'exit whose answer is wanted; default: the deepest', parseCount)
    .option('--deadline <ms>', 'answer by then, with the best there is', parseCount)
    .option('--max-tokens <n>', 'the longest answer', parseCount)
    .addOption(tiers)
    .option('--at <node>', 'the node to ask; default: a device')
    .option('--audit', 'derive the answer a second time, independently, and compare')
    .option('--json', 'print one object')
    .option('--trace', 'draw the trace across the nodes')
    .option('--examples', 'list questions that work')
    .action((question: string | undefined, options: AskOptions) => ask(context, question, options));
}

async function ask(context: CliContext, question: string | undefined, options: AskOptions): Promise<void> {
  const { terminal, done } = context;
  const { runAsk, showExamples } = await import('./ask-command.ts');
  if (options.examples === true) return done(await showExamples(terminal));
  if (question === undefined) {
    terminal.err('give a question, or --examples to see some that work\n');
    return done(EXIT_STATUS.usage);
  }
  const { json = false, trace = false } = options;
  const settings = { question, asking: askingOf(context, options), json, trace };
  done(await withFleet(context, options, fleet => runAsk(terminal, fleet, settings)));
}

function askingOf(context: CliContext, { exit, deadline, maxTokens, tiers, at, audit }: AskOptions): QuestionOptions {
  return {
    signal: context.signal,
    ...(exit === undefined ? {} : { exit }),
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(at === undefined ? {} : { at }),
    ...(audit === undefined ? {} : { audit }),
  };
}
