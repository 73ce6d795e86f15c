// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { type Command, Option } from 'commander';
import type { QuestionOptions } from '../client/answer.ts';
import { parseCount } from './parse-count.ts';
import { parseAmount, parseShare } from './parse-share.ts';

/** How a question shall be answered, as the command line has it. */
export interface AskingOptions {
  readonly exit?: number;
  readonly deadline?: number;
  readonly maxTokens?: number;
  readonly tiers?: NonNullable<QuestionOptions['tiers']>;
  readonly risk?: number;
  readonly joules?: number;
  readonly watts?: number;
  readonly inTime?: boolean;
}

/** Adds the options of {@link AskingOptions}. */
export function withQuestion(command: Command): Command {
  const choices = ['auto', 'local', 'two', 'three', 'cloud-only'];
  return command
    .option('--exit <depth>', 'exit whose answer is wanted; default: the deepest', parseCount)
    .option('--deadline <ms>', 'answer by then, with the best there is', parseCount)
    .option('--max-tokens <n>', 'the longest answer', parseCount)
    .addOption(new Option('--tiers <who>', 'who shall answer').choices(choices))
    .option(
      '--risk <share>',
      'let a shallow exit decide where it is this sure, such as 1%; one node answers',
      parseShare,
    )
    .option('--joules <j>', 'choose depths so that the answer takes no more energy', parseAmount)
    .option('--watts <w>', 'what the answering machine draws; default: as its node file says', parseAmount)
    .option('--in-time', 'choose depths so that the answer fits the deadline');
}

/** The same as a question takes them. Throws `invalid-argument` for a draw without the energy it would count towards. */
export function askingOf(options: AskingOptions): QuestionOptions {
  const { exit, deadline, maxTokens, tiers } = options;
  const exitPolicy = policyOf(options);
  return {
    ...(exit === undefined ? {} : { exit }),
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(exitPolicy === undefined ? {} : { exitPolicy }),
  };
}

/** A deadline that is given beside a policy is one of its limits. */
function policyOf({ risk, joules, watts, inTime, deadline }: AskingOptions): QuestionOptions['exitPolicy'] {
  if (watts !== undefined && joules === undefined) {
    throw new AiflowError('invalid-argument', `--watts ${watts} alone limits nothing: give --joules too`);
  }
  const isWanted = risk !== undefined || joules !== undefined || inTime === true;
  if (!isWanted) return undefined;
  return {
    ...(risk === undefined ? {} : { risk }),
    ...(joules === undefined ? {} : { joules }),
    ...(watts === undefined ? {} : { watts }),
    ...(inTime === true || deadline !== undefined ? { inTime: true } : {}),
  };
}
