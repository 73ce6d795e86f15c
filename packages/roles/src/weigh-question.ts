// SPDX-License-Identifier: Apache-2.0
import { withTimeLimit } from '@aiflow/decode';
import { AiflowError } from '@aiflow/protocol';
import { type AnswerRun, summarize } from './answer-run.ts';
import { refusalText } from './answer-text.ts';
import type { AskItem } from './ask-contract.ts';
import type { DomainScore } from './text-model.ts';

/** How far the question lies from what the family was trained on. A check that fails or takes more than a quarter of the time says nothing. */
export async function scoreDomain(run: AnswerRun): Promise<DomainScore | undefined> {
  const { clock, signal, textModel, request } = run;
  const limitMs = run.remainingToDeadlineMs() / 4;
  try {
    return await withTimeLimit({ clock, limitMs, what: 'weighing the question', signal }, inner =>
      textModel.scoreDomain(request.question, inner),
    );
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, message } = AiflowError.from(error);
    const level = code === 'deadline-exceeded' ? 'debug' : 'warn'; // of a short deadline the answer itself tells
    run.logger[level]('a question could not be weighed', { message });
    return undefined;
  }
}

/** Says that the question lies too far away, and which ones do not. */
export async function* refuseQuestion(run: AnswerRun): AsyncGenerator<AskItem, void> {
  const { session, tier, textModel, choice, domain } = run;
  const text = refusalText(textModel.examples);
  const bytes = Buffer.byteLength(text);
  const ageMs = run.clock.nowMs() - run.beganMs;
  const marks = { committed: 0, committedBytes: bytes, edgeBytes: bytes, finished: true };
  const { modelHash } = textModel;
  const revision = { session, sequence: 1, tier, exit: choice.wantedExit, modelHash, confidence: 1, ageMs, text };
  yield { kind: 'revision', revision: { ...revision, ...marks } };
  const reason = `the question lies outside what the family was trained on: ${domain?.score.toFixed(2)} bits per byte, the limit is ${domain?.threshold}`;
  const nothing = { tokens: [], committed: 0, endedByItself: true, references: [], tiers: [] };
  const summary = summarize(run, { outcome: 'complete', exact: false, reasons: [reason], ...nothing });
  yield { kind: 'summary', summary: { ...summary, outcome: 'far', far: true, firstRevisionMs: ageMs } };
}
