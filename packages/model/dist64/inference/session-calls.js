// SPDX-License-Identifier: Apache-2.0
//
// What an engine does on one session at a time. The caller keeps calls for one session apart from each other.
//
// X1  Whatever fails half-way leaves the session as if it had been cropped to the request's base.
// X2  A call keeps the stages that serve when it begins.
import { AiflowError } from '@aiflow/protocol';
import { checkExitPolicy } from '../exit-policy/check-exit-policy.js';
import { findExit, lastRung } from '../manifest/exit-choice.js';
import { checkBase, checkCount, checkTokens } from './check-request.js';
import { draftTokens, verifyTokens } from './decoder.js';
import { draftByPolicy } from './policy-decoder.js';
import { readState, writeState } from './relay-state.js';
/** Calls on the sessions of one engine. */
export function createSessionCalls(parts) {
  return new StoredSessionCalls(parts);
}
class StoredSessionCalls {
  counts = { receivedRows: 0, refilledRows: 0 };
  #parts;
  constructor(parts) {
    this.#parts = parts;
  }
  draft(request, pacing) {
    return this.#change(request, request.given ?? [], async (session, byExit) => {
      checkCount('count', request.count);
      const at = exit => this.#context({ session, rungs: rungsOfExit(byExit, exit), pacing });
      const { policy, count } = request;
      if (policy === undefined) return timed(await draftTokens(at(request.exit), count), pacing);
      const exits = [...byExit.keys()];
      checkExitPolicy(policy, exits);
      const tokenMs = asked => this.#parts.costs.tokenMs(asked.map(exit => rungsOfExit(byExit, exit)));
      return timed(await draftByPolicy({ exits, at, tokenMs, elapsedMs: pacing.elapsedMs }, policy, count), pacing);
    });
  }
  verify(request, pacing) {
    return this.#change(request, request.tokens, async (session, byExit) => {
      const context = this.#context({ session, rungs: rungsOfExit(byExit, request.exit), pacing });
      requireLastRung(this.#parts.manifest, request.exit, context.rungs);
      return timed(await verifyTokens(context, request.base), pacing);
    });
  }
  readState(request, pacing) {
    return this.#change(request, request.given ?? [], (session, byExit) =>
      readState(this.#context({ session, rungs: rungsAtLayer(byExit, request.layer), pacing }), request),
    );
  }
  writeState(session, state, pacing) {
    const { sessions, serving } = this.#parts;
    return sessions.using(session, held =>
      serving.during(async byExit => {
        writeState(this.#context({ session: held, rungs: rungsAtLayer(byExit, state.layer), pacing }), state);
        this.counts.receivedRows += state.rows;
      }),
    );
  }
  /** X1, X2 */
  #change(request, given, work) {
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
  #context(place) {
    const countRefilled = rows => {
      this.counts.refilledRows += rows;
    };
    return createContext(this.#parts, { ...place, countRefilled });
  }
}
function timed(outcome, pacing) {
  return { ...outcome, computeMs: pacing.elapsedMs() };
}
/** Brings together what decoding on a session takes. */
export function createContext({ manifest, embedding, costs, clock }, { session, rungs, pacing, countRefilled }) {
  return {
    session,
    rungs,
    embedding,
    dimensions: manifest.dimensions,
    endToken: manifest.tokenizer.specials.end,
    maxRows: manifest.dimensions.context,
    costs,
    clock,
    countRefilled,
    checkpoint: () => pacing.checkpoint(),
  };
}
/** A smaller block is another network: it may propose in the exit's name but not judge. */
function requireLastRung(manifest, exit, { rung }) {
  const last = lastRung(findExit(manifest, exit));
  if (rung === last) return;
  throw new AiflowError(
    'failed-precondition',
    `exit ${exit} is loaded at rung ${rung}, verifying needs its last rung ${last}: load that, or wait until it serves`,
    { details: { exit: String(exit), rung: String(rung), lastRung: String(last) } },
  );
}
/** The stages of an exit; `not-found` names those that are loaded. */
export function rungsOfExit(byExit, exit) {
  const found = byExit.get(exit);
  if (found !== undefined) return found;
  const held = [...byExit.keys()].join(', ');
  throw new AiflowError('not-found', `exit ${exit} is not loaded: this engine holds ${held}`, {
    details: { exit: String(exit) },
  });
}
/** Stages between which the states before `layer` can be had: an exit's there, or the first ones of the engine. */
function rungsAtLayer(byExit, layer) {
  const cutsOf = ({ trunk, exit }) => [...trunk, exit].map(stage => stage.from);
  const found = [...byExit.values()].find(rungs => layer > 0 && cutsOf(rungs).includes(layer));
  if (found !== undefined) return found;
  const cuts = [...new Set([...byExit.values()].flatMap(cutsOf))].filter(cut => cut > 0);
  throw new AiflowError('not-found', `layer ${layer} is no cut of this engine: it has ${cuts.join(', ')}`, {
    details: { layer: String(layer) },
  });
}
//# sourceMappingURL=session-calls.js.map
