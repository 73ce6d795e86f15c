// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Revision } from '@aiflow/protocol';
import type { AnswerSummary } from '@aiflow/roles';
import type { AnswerResult, QuestionOptions } from '../client/answer.ts';
import type { Fleet } from '../client/fleet.ts';

/** A question that was answered, with the trace it left. */
export interface AskedQuestion {
  readonly question: string;
  readonly answer: string;
  readonly summary: AnswerSummary;
  /** How the answer stood at its deadline; absent where nothing could follow it or the answer was whole by then. */
  readonly atDeadline?: AnswerResult;
  readonly traceId: string;
}

/** Hears of an answer while it is made. */
export interface AnswerWatcher {
  readonly onRevision?: (revision: Revision) => void;
  /** The deadline has come and the answer may still be revised. */
  readonly onDeadline?: (atDeadline: AnswerResult) => void;
}

/** Asks, hands each revision to `onRevision`, and resolves with the answer and its summary. */
export function runQuestion(
  fleet: Fleet,
  question: string,
  options: QuestionOptions,
  onRevision: (revision: Revision) => void = () => undefined,
): Promise<AskedQuestion> {
  return watchQuestion(fleet, question, options, { onRevision });
}

/** As {@link runQuestion}, with word of the deadline too. */
export async function watchQuestion(
  fleet: Fleet,
  question: string,
  options: QuestionOptions,
  watcher: AnswerWatcher,
): Promise<AskedQuestion> {
  const { value, traceId } = await fleet.traced('aiflow ask', tracing =>
    readAnswer(fleet, question, { ...options, ...tracing }, watcher),
  );
  return { question, ...value, traceId };
}

async function readAnswer(
  fleet: Fleet,
  question: string,
  options: QuestionOptions,
  { onRevision, onDeadline }: AnswerWatcher,
): Promise<Omit<AskedQuestion, 'question' | 'traceId'>> {
  let revision: Revision | undefined;
  let atDeadline: AnswerResult | undefined;
  let summary: AnswerSummary | undefined;
  for await (const item of fleet.askItems(question, options)) {
    if (item.kind === 'revision') {
      revision = item.revision;
      onRevision?.(revision);
    } else if (item.kind === 'summary' && item.summary.provisional === true) {
      atDeadline = { revision, text: revision?.text ?? '', summary: item.summary };
      onDeadline?.(atDeadline);
    } else if (item.kind === 'summary') {
      summary = item.summary; // the end follows at once; leaving before it would count as giving up
    }
  }
  if (summary === undefined) throw new AiflowError('data-loss', 'the answer ended without its summary: ask again');
  return { answer: revision?.text ?? '', summary, ...(atDeadline === undefined ? {} : { atDeadline }) };
}
