// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Revision } from '@aiflow/protocol';
import type { AnswerSummary } from '@aiflow/roles';
import type { QuestionOptions } from '../client/answer.ts';
import type { Fleet } from '../client/fleet.ts';

/** A question that was answered, with the trace it left. */
export interface AskedQuestion {
  readonly question: string;
  readonly answer: string;
  readonly summary: AnswerSummary;
  readonly traceId: string;
}

/** Asks, hands each revision to `onRevision`, and resolves with the answer and its summary. */
export async function runQuestion(
  fleet: Fleet,
  question: string,
  options: QuestionOptions,
  onRevision: (revision: Revision) => void = () => undefined,
): Promise<AskedQuestion> {
  const { value, traceId } = await fleet.traced('aiflow ask', tracing =>
    readAnswer(fleet, question, { ...options, ...tracing }, onRevision),
  );
  return { question, ...value, traceId };
}

async function readAnswer(
  fleet: Fleet,
  question: string,
  options: QuestionOptions,
  onRevision: (revision: Revision) => void,
): Promise<{ readonly answer: string; readonly summary: AnswerSummary }> {
  let answer = '';
  let summary: AnswerSummary | undefined;
  for await (const item of fleet.askItems(question, options)) {
    if (item.kind === 'summary') {
      summary = item.summary; // the end follows at once; leaving before it would count as giving up
      continue;
    }
    answer = item.revision.text;
    onRevision(item.revision);
  }
  if (summary !== undefined) return { answer, summary };
  throw new AiflowError('data-loss', 'the answer ended without its summary: ask again');
}
