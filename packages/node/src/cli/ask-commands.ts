// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Command } from 'commander';
import type { QuestionOptions } from '../client/answer.ts';
import type { CliContext } from './cli-context.ts';
import { EXIT_STATUS, withJsonErrors } from './exit-status.ts';
import { parseCount } from './parse-count.ts';
import { type AskingOptions, askingOf, withQuestion } from './question-options.ts';
import { type FleetOptions, onFleet, withFleet } from './with-fleet.ts';

interface AskOptions extends FleetOptions, AskingOptions {
  readonly at?: string;
  readonly id?: string;
  readonly reviseUntil?: number;
  readonly audit?: boolean;
  readonly json?: boolean;
  readonly trace?: boolean;
  readonly explain?: boolean;
  readonly examples?: boolean;
}

/** `aiflow ask`. */
export function addAskCommand(program: Command, context: CliContext): void {
  withQuestion(onFleet(program.command('ask').description('ask the fleet a question; the answer streams')))
    .argument('[question]', 'in plain words')
    .option('--at <node>', 'the node to ask; default: a device')
    .option('--id <id>', 'keep the question under this id: answered through outages and restarts; see aiflow answer')
    .option(
      '--revise-until <ms>',
      'show the answer of the deadline, then what it is revised to by this time',
      parseCount,
    )
    .option('--audit', 'derive the answer a second time, independently, and compare')
    .option('--json', 'print one object')
    .option('--trace', 'draw the trace across the nodes')
    .option('--explain', 'say which plan was chosen and why, and what the answer cost')
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
  const { at, id, audit, json = false, trace = false, explain = false } = options;
  const asking: QuestionOptions = {
    ...askingOf(options),
    ...revisionsOf(options),
    signal: context.signal,
    ...(at === undefined ? {} : { at }),
    ...(id === undefined ? {} : { id }),
    ...(audit === undefined ? {} : { audit }),
  };
  const settings = { question, asking, json, trace, explain };
  const run = (): Promise<number> => withFleet(context, options, fleet => runAsk(terminal, fleet, settings));
  done(await (json ? withJsonErrors(terminal, context.signal, run) : run()));
}

/** Throws `invalid-argument` for revisions that no deadline precedes. */
export function revisionsOf({ reviseUntil, deadline }: Pick<AskOptions, 'reviseUntil' | 'deadline'>): {
  readonly revisionsUntilMs?: number;
} {
  if (reviseUntil === undefined) return {};
  if (deadline !== undefined && deadline <= reviseUntil) return { revisionsUntilMs: reviseUntil };
  const given = deadline === undefined ? 'none is given' : `it is ${deadline}`;
  throw new AiflowError(
    'invalid-argument',
    `--revise-until ${reviseUntil} needs a --deadline that is not later, ${given}: the answer is shown then, and revised after it`,
  );
}
