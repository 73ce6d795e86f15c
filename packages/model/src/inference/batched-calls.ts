// SPDX-License-Identifier: Apache-2.0
//
// Calls on several sessions that were made together. Each is what it would be alone; only the computing is shared.
import { AiflowError } from '@aiflow/protocol';
import type { Outcome } from '../engine.ts';
import type { DraftRequest, DraftResult, VerifyRequest, VerifyResult } from '../requests/decode-request.ts';
import type { Pacing } from './pacing.ts';
import type { SessionCalls, ShareStages } from './session-calls.ts';
import { createSharedStages } from './shared-stages.ts';
import type { Turns } from './turns.ts';

/** What batched calls work with. */
export interface BatchedCallParts {
  readonly turns: Turns;
  readonly calls: SessionCalls;
  /** Measures one call. */
  start(signal: AbortSignal | undefined): Pacing;
}

/** One outcome for each request, in order. */
export interface BatchedCalls {
  draftMany(requests: readonly DraftRequest[], signal?: AbortSignal): Promise<readonly Outcome<DraftResult>[]>;
  verifyMany(requests: readonly VerifyRequest[], signal?: AbortSignal): Promise<readonly Outcome<VerifyResult>[]>;
}

/** Calls on the sessions of one engine. */
export function createBatchedCalls({ turns, calls, start }: BatchedCallParts): BatchedCalls {
  const many = async <Request extends { readonly session: string }, Result>(
    requests: readonly Request[],
    run: (request: Request, share: ShareStages) => Promise<Result>,
  ): Promise<readonly Outcome<Result>[]> => {
    const repeated = findRepeated(requests);
    const sessions = requests.map(({ session }) => session).filter((_, index) => !repeated.has(index));
    return turns.takeAll(sessions, async granted => {
      const shared = createSharedStages(granted.filter(({ status }) => status === 'fulfilled').length);
      const turnOf = granted.values();
      return settleAll(requests, async (request, index) => {
        if (repeated.has(index)) throw askedTwice(request.session);
        const turn = turnOf.next().value;
        if (turn?.status === 'rejected') throw turn.reason;
        const sharer = shared.join();
        return run(request, byExit => sharer.share(byExit)).finally(() => sharer.leave());
      });
    });
  };
  return {
    draftMany: (requests, signal) => many(requests, (request, share) => calls.draft(request, start(signal), share)),
    verifyMany: (requests, signal) => many(requests, (request, share) => calls.verify(request, start(signal), share)),
  };
}

/** Begins all of them at once, in order; what fails fails alone. */
export async function settleAll<Request, Result>(
  requests: readonly Request[],
  run: (request: Request, index: number) => Promise<Result>,
): Promise<readonly Outcome<Result>[]> {
  const outcomes = await Promise.allSettled(requests.map(run));
  return outcomes.map(outcome =>
    outcome.status === 'fulfilled'
      ? outcome
      : { status: 'rejected', reason: AiflowError.from(outcome.reason, 'internal') },
  );
}

/** Which requests speak of a session that one before them speaks of. */
export function findRepeated(requests: readonly { readonly session: string }[]): ReadonlySet<number> {
  const seen = new Set<string>();
  const repeated = new Set<number>();
  requests.forEach(({ session }, index) => {
    if (seen.has(session)) repeated.add(index);
    seen.add(session);
  });
  return repeated;
}

/** Refuses the second of two calls that cannot both be first. */
export function askedTwice(session: string): AiflowError {
  return new AiflowError(
    'invalid-argument',
    `session ${session} is asked twice in one batch: put the second request into another`,
  );
}
