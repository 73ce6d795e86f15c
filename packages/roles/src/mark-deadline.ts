// SPDX-License-Identifier: Apache-2.0
//
// An answer that is due at one time and may be revised until a later one.
//
//   growing -> due -> revised -> ended        growing -> ended, where the last summary comes by the deadline
//
// D1  One provisional summary goes out at the deadline, unless the last one came before; nothing follows the last one.
// D2  It speaks of what was shown: its committed length is that of the newest revision before it.
// D3  The work goes on meanwhile. A reader that is slow still gets the provisional summary before the second revision
//     that is later than the deadline.
// D4  When the reader leaves, the work ends.
import { setMaxListeners } from 'node:events';
import { AiflowError, type Revision } from '@aiflow/protocol';
import { type AnswerRun, nothingSaid, summarize } from './answer-run.ts';
import type { AskItem } from './ask-contract.ts';

/** Makes the items of an answer for a run, which ends when the signal of the run aborts. */
export type Answering = (run: AnswerRun) => AsyncGenerator<AskItem, void>;

/** What `answer` says, with a provisional summary at the deadline of `run` if revisions may follow it. */
export function markDeadline(run: AnswerRun, answer: Answering): AsyncGenerator<AskItem, void> {
  return run.mayBeRevised ? answerInTwoSteps(run, answer) : answer(run);
}

async function* answerInTwoSteps(run: AnswerRun, answer: Answering): AsyncGenerator<AskItem, void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  setMaxListeners(0, signal); // as of the run's own
  const items = answer({ ...run, signal });
  const shown: Revision[] = []; // the first and the newest
  let isTold = false;
  let isLate = false;
  try {
    for (;;) {
      const coming = items.next();
      coming.catch(() => undefined); // it may fail while the reader still holds the item before it
      if (!isTold && (isLate || !(await comesByTheDeadline(run, coming)))) {
        isTold = true; // D1
        yield provisionalSummary(run, shown);
      }
      const next = await coming;
      if (next.done === true) return;
      if (next.value.kind === 'summary') isTold = true;
      else if (next.value.kind === 'revision') shown.splice(1, 1, next.value.revision);
      isLate = run.remainingToDeadlineMs() <= 0; // D3
      yield next.value;
    }
  } finally {
    stop.abort(new AiflowError('cancelled', 'nobody reads the answer any more')); // D4
    await items.return();
  }
}

/** What is there already comes in time, however late its reader is. A failure comes too, and is told by `coming` itself. */
function comesByTheDeadline(
  { clock, remainingToDeadlineMs }: AnswerRun,
  coming: Promise<IteratorResult<AskItem, void>>,
): Promise<boolean> {
  return new Promise(resolve => {
    const timer = clock.setTimer(remainingToDeadlineMs(), () => resolve(false));
    const came = (): void => {
      timer.cancel();
      resolve(true);
    };
    coming.then(came, came);
  });
}

/** The answer as it was shown, summed up. */
function provisionalSummary(run: AnswerRun, shown: readonly Revision[]): AskItem {
  const summary = run.standing.summary() ?? summarize(run, nothingSaid(run));
  const first = shown[0];
  return {
    kind: 'summary',
    summary: {
      ...summary,
      outcome: 'deadline',
      exact: false,
      endedByItself: false,
      provisional: true,
      committed: shown.at(-1)?.committed ?? 0, // D2
      ...(first === undefined ? {} : { firstRevisionMs: first.ageMs }),
    },
  };
}
