// SPDX-License-Identifier: Apache-2.0
//
// What an engine does on one session at a time. The caller keeps calls for one session apart from each other.
//
// X1  Whatever fails half-way leaves the session as if it had been cropped to the request's base.
// X2  A call keeps the stages that serve when it begins.
import type { SessionStore } from '../cache/session-store.ts';
import { checkExitPolicy } from '../exit-policy/check-exit-policy.ts';
import type { DraftRequest, DraftResult, VerifyRequest, VerifyResult } from '../requests/decode-request.ts';
import type { ReadStateRequest, RelayState } from '../requests/relay-request.ts';
import { belowLastRung, requireLastRung } from './below-last-rung.ts';
import { type CallFacts, type ContextPlace, createCallContext } from './call-context.ts';
import { checkBase, checkCount, checkTokens } from './check-request.ts';
import { type DecodeContext, draftTokens, verifyTokens } from './decoder.ts';
import { rungsAtLayer, rungsOfExit } from './find-rungs.ts';
import type { Pacing } from './pacing.ts';
import { draftByPolicy } from './policy-decoder.ts';
import { type RelayContext, readState, writeState } from './relay-state.ts';
import type { RungsByExit, ServingRungs } from './serving-rungs.ts';
import type { Session } from './session.ts';

/** What calls work with. */
export interface CallParts extends CallFacts {
  readonly serving: ServingRungs;
  readonly sessions: SessionStore<Session>;
}

/** Rows that came from elsewhere or were computed for want of what lies below them. */
export interface RelayCounts {
  readonly receivedRows: number;
  readonly refilledRows: number;
}

/** The calls on sessions; each measures itself with the pacing it is given. */
export interface SessionCalls {
  readonly counts: RelayCounts;
  draft(request: DraftRequest, pacing: Pacing, share?: ShareStages): Promise<DraftResult>;
  verify(request: VerifyRequest, pacing: Pacing, share?: ShareStages): Promise<VerifyResult>;
  readState(request: ReadStateRequest, pacing: Pacing): Promise<RelayState>;
  writeState(session: string, state: RelayState, pacing: Pacing): Promise<void>;
}

/** Puts other stages in the place of those that serve: such as share their runs with other calls. */
export type ShareStages = (byExit: RungsByExit) => RungsByExit;

/** Work on a session with the stages that serve when it begins. */
export type SessionWork<Result> = (session: Session, byExit: RungsByExit) => Promise<Result>;

/** Calls on the sessions of one engine. */
export function createSessionCalls(parts: CallParts): SessionCalls {
  return new StoredSessionCalls(parts);
}

class StoredSessionCalls implements SessionCalls {
  readonly counts = { receivedRows: 0, refilledRows: 0 };
  readonly #parts: CallParts;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  draft(request: DraftRequest, pacing: Pacing, share: ShareStages = asTheyAre): Promise<DraftResult> {
    return this.#change(request, request.given ?? [], async (session, serving) => {
      checkCount('count', request.count);
      const outcome = await this.#draft(request, share(serving), { session, pacing });
      const smaller = belowLastRung(this.#parts.manifest, serving, outcome.exits ?? [request.exit]);
      return timed(smaller.length === 0 ? outcome : { ...outcome, belowLastRung: smaller }, pacing);
    });
  }

  async #draft(
    { exit: only, policy, count }: DraftRequest,
    byExit: RungsByExit,
    { session, pacing }: Pick<ContextPlace, 'session' | 'pacing'>,
  ): Promise<Omit<DraftResult, 'computeMs'>> {
    const at = (exit: number): DecodeContext => this.#context({ session, rungs: rungsOfExit(byExit, exit), pacing });
    if (policy === undefined) return draftTokens(at(only), count);
    const exits = [...byExit.keys()];
    checkExitPolicy(policy, exits);
    const tokenMs = (asked: readonly number[]): number =>
      this.#parts.costs.tokenMs(asked.map(exit => rungsOfExit(byExit, exit)));
    return draftByPolicy({ exits, at, tokenMs, elapsedMs: pacing.elapsedMs }, policy, count);
  }

  verify(request: VerifyRequest, pacing: Pacing, share: ShareStages = asTheyAre): Promise<VerifyResult> {
    return this.#change(request, request.tokens, async (session, byExit) => {
      const context = this.#context({ session, rungs: rungsOfExit(share(byExit), request.exit), pacing });
      requireLastRung(this.#parts.manifest, byExit, request.exit);
      return timed(await verifyTokens(context, request.base), pacing);
    });
  }

  readState(request: ReadStateRequest, pacing: Pacing): Promise<RelayState> {
    return this.#change(request, request.given ?? [], (session, byExit) =>
      readState(this.#context({ session, rungs: rungsAtLayer(byExit, request.layer), pacing }), request),
    );
  }

  writeState(session: string, state: RelayState, pacing: Pacing): Promise<void> {
    const { sessions, serving } = this.#parts;
    return sessions.using(session, held =>
      serving.during(async byExit => {
        writeState(this.#context({ session: held, rungs: rungsAtLayer(byExit, state.layer), pacing }), state);
        this.counts.receivedRows += state.rows;
      }),
    );
  }

  /** X1, X2 */
  #change<Result>(
    request: DraftRequest | VerifyRequest | ReadStateRequest,
    given: readonly number[],
    work: SessionWork<Result>,
  ): Promise<Result> {
    const { sessions, serving, manifest } = this.#parts;
    return sessions.using(request.session, async session => {
      checkBase(request.session, request.base, session.answerLength);
      checkTokens(`request for session ${request.session}`, given, manifest.dimensions);
      session.replaceFrom(request.base, given);
      return serving
        .during(byExit => work(session, byExit))
        .catch(error => {
          session.replaceFrom(request.base, []);
          throw error;
        });
    });
  }

  #context(place: ContextPlace): DecodeContext & RelayContext {
    const countRefilled = (rows: number): void => {
      this.counts.refilledRows += rows;
    };
    return createCallContext(this.#parts, { ...place, countRefilled });
  }
}

function asTheyAre(byExit: RungsByExit): RungsByExit {
  return byExit;
}

function timed<Outcome extends object>(outcome: Outcome, pacing: Pacing): Outcome & { readonly computeMs: number } {
  return { ...outcome, computeMs: pacing.elapsedMs() };
}
