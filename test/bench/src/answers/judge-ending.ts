// SPDX-License-Identifier: Apache-2.0
import type { AnswerResult } from '@aiflow/node';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { OutcomeKind } from './rows.ts';

/** How a question ended that was asked of a fleet under a fault. */
export type Ending =
  | { readonly kind: 'answered'; readonly result: AnswerResult; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly error: AiflowError; readonly tookMs: number }
  | { readonly kind: 'hung' };

/** What an ending is held against. */
export interface Expectation {
  /** What the cloud alone says. */
  readonly text: string;
  readonly deadlineMs: number;
}

/** The way to the asked node and back, on top of its deadline. */
export const WAY_BACK_MS = 2000;
const PATIENCE_MS = 3000;

/** Waits for the end of `answer`, but not for ever. */
export async function awaitEnding(
  clock: Clock,
  answer: PromiseLike<AnswerResult>,
  deadlineMs: number,
): Promise<Ending> {
  const beganMs = clock.nowMs();
  const patience = new AbortController();
  const answered = Promise.resolve(answer).then(
    (result): Ending => ({ kind: 'answered', result, tookMs: clock.nowMs() - beganMs }),
    (thrown): Ending => ({ kind: 'failed', error: AiflowError.from(thrown), tookMs: clock.nowMs() - beganMs }),
  );
  const hung = sleep(clock, deadlineMs + WAY_BACK_MS + PATIENCE_MS, patience.signal).then(
    (): Ending => ({ kind: 'hung' }),
    (): Ending => ({ kind: 'hung' }),
  );
  try {
    return await Promise.race([answered, hung]);
  } finally {
    patience.abort();
  }
}

/** Which row an ending counts for. A whole answer that claims to be exact must be what the cloud alone says. */
export function judgeEnding(ending: Ending, { text, deadlineMs }: Expectation): Exclude<OutcomeKind, 'runs'> {
  if (ending.kind === 'hung' || ending.tookMs > deadlineMs + WAY_BACK_MS) return 'hung';
  if (ending.kind === 'failed') return ending.error.hop === undefined ? 'unclear' : 'failed';
  const { summary } = ending.result;
  if (summary.exact ? ending.result.text !== text : summary.reasons.length === 0) return 'wrong';
  return summary.outcome === 'complete' ? 'completed' : 'cutShort';
}

/** One line for people. */
export function describeEnding(ending: Ending): string {
  if (ending.kind === 'hung') return 'hung';
  const took = `${ending.tookMs.toFixed(0)} ms`;
  if (ending.kind === 'failed') {
    const { code, hop, message } = ending.error;
    return `failed after ${took}: ${code} [${hop ?? 'no hop'}] ${message}`;
  }
  const { exact, outcome, reasons } = ending.result.summary;
  return `${outcome} after ${took}, ${exact ? 'exact' : 'not exact'}: ${reasons.join('; ') || 'nothing was noticed'}`;
}
