// SPDX-License-Identifier: Apache-2.0
import { reportAnswer } from '../ask/answer-report.ts';
import { explainAnswer } from '../ask/explain-answer.ts';
import { runQuestion } from '../ask/run-question.ts';
import { formatSummary, revisedLine, showQuestion } from '../ask/show-answer.ts';
import type { QuestionOptions } from '../client/answer.ts';
import { chooseAnswerer } from '../client/answering-node.ts';
import type { Fleet } from '../client/fleet.ts';
import { readExamples } from '../daemon/family-examples.ts';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { drawTrace } from './call-command.ts';
import { EXIT_STATUS } from './exit-status.ts';
import type { Terminal } from './terminal.ts';

/** Settings of `aiflow ask`. */
export interface AskCommandOptions {
  readonly question: string;
  readonly asking: QuestionOptions;
  readonly json: boolean;
  readonly trace: boolean;
  /** Print which plan was chosen and why, and what the answer cost. */
  readonly explain: boolean;
}

/** `aiflow ask QUESTION`: the answer on standard output, everything about it on standard error. */
export async function runAsk(terminal: Terminal, fleet: Fleet, options: AskCommandOptions): Promise<number> {
  const owner = chooseAnswerer(fleet.nodes(), options.asking.at).name;
  const asking = { ...options.asking, at: owner };
  if (options.json) return printReport(terminal, fleet, options.question, asking);
  const asked = await showQuestion(terminal, fleet, options.question, asking);
  terminal.err(revisedLine(asked, terminal.color));
  terminal.err(`\n${formatSummary(asked.summary, { owner, nodes: fleet.nodes(), color: terminal.color })}`);
  if (options.explain) terminal.err(`\n${explainAnswer(asked.summary, terminal.color)}`);
  if (options.trace) await drawTrace(terminal, fleet, asked.traceId);
  return EXIT_STATUS.ok;
}

async function printReport(
  terminal: Terminal,
  fleet: Fleet,
  question: string,
  asking: QuestionOptions & { readonly at: string },
): Promise<number> {
  const asked = await runQuestion(fleet, question, asking);
  const spans = await fleet.collectTrace(asked.traceId);
  terminal.out(`${JSON.stringify(reportAnswer(asked, asking.at, { nodes: fleet.nodes(), spans }))}\n`);
  return EXIT_STATUS.ok;
}

/** `aiflow ask --examples`: questions that the default family answers well. */
export async function showExamples(terminal: Terminal): Promise<number> {
  const examples = await readExamples(resolveFamilyFolder('nano', process.cwd()));
  for (const { question, kind } of examples) terminal.out(`${terminal.color.dim(`[${kind}]`)} ${question}\n`);
  return EXIT_STATUS.ok;
}
