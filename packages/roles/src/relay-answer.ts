// SPDX-License-Identifier: Apache-2.0
import type { Plan } from '@aiflow/placement';
import type { AnswerRun } from './answer-run.ts';
import type { AskItem } from './ask-contract.ts';
import { type HandOverEnd, handOver } from './hand-over.ts';

/** Until a node that was chosen for its speed is given up: as for verdicts. */
const SILENCE_MS = { least: 750, usual: 3000 };
/** Tokens of a revision, about. */
const TOKENS_A_REVISION = 8;
const PLAINLY_LATE = 3;

/**
 * Has the reference answer alone, as was asked for, and passes its revisions on. A node that fails is replaced by the next
 * candidate, which begins anew; with none left it fails with the last error, naming the hop.
 */
export async function* relayAnswer(run: AnswerRun): AsyncGenerator<AskItem, void> {
  const end = yield* handOver(run, { mayGoOnHere: false, silenceMs: Infinity });
  if (end.kind === 'failed') throw end.error;
}

/** Has another node answer because the plan says so; when that fails, somebody else has to go on. */
export async function* tryHandOver(run: AnswerRun): AsyncGenerator<AskItem, HandOverEnd> {
  const silenceMs = patience(run.plan?.decision.plan, run.remainingMs());
  return yield* handOver(run, { mayGoOnHere: true, silenceMs });
}

/** Longer than the plan expects to wait for the first or the next revision by far, but never more than half the time. */
function patience(plan: Plan | undefined, leftMs: number): number {
  const expectedMs = Math.max(plan?.firstTokenMs ?? 0, TOKENS_A_REVISION * (plan?.msPerToken ?? 0));
  const usualMs = Math.max(SILENCE_MS.least, Math.min(SILENCE_MS.usual, leftMs / 3));
  return Math.max(
    Math.min(SILENCE_MS.least, leftMs),
    Math.min(leftMs / 2, Math.max(usualMs, PLAINLY_LATE * expectedMs)),
  );
}
