// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import type { QuestionOptions } from '../client/answer.ts';
import { parseCount } from './parse-count.ts';

/** How a question shall be answered, as the command line has it. */
export interface AskingOptions {
  readonly exit?: number;
  readonly deadline?: number;
  readonly maxTokens?: number;
  readonly tiers?: NonNullable<QuestionOptions['tiers']>;
}

/** Adds the options of {@link AskingOptions}. */
export function withQuestion(command: Command): Command {
  const choices = ['auto', 'local', 'two', 'three', 'cloud-only'];
  return command
    .option('--exit <depth>', 'exit whose answer is wanted; default: the deepest', parseCount)
    .option('--deadline <ms>', 'answer by then, with the best there is', parseCount)
    .option('--max-tokens <n>', 'the longest answer', parseCount)
    .addOption(new Option('--tiers <who>', 'who shall answer').choices(choices));
}

/** The same as a question takes them. */
export function askingOf({ exit, deadline, maxTokens, tiers }: AskingOptions): QuestionOptions {
  return {
    ...(exit === undefined ? {} : { exit }),
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(tiers === undefined ? {} : { tiers }),
  };
}
