// SPDX-License-Identifier: Apache-2.0
//
// One session of a desk at its engine, which may forget it at any time; the invariants are those of the desk.
//
//   held --the engine forgot it--> opened again from prompt and answer (D4) --> held
import type { ReadStateRequest, RelayingEngine, RelayState } from '@aiflow/model';
import { AiflowError, type OpenFeatures, type StepFeatures } from '@aiflow/protocol';
import { takenOver } from './desk-refusals.ts';
import type { HeldTokens } from './plan-opening.ts';

/** A session that a desk holds. */
export interface SourceSession extends HeldTokens {
  /** Opens it in the engine with all its tokens. */
  open(signal: AbortSignal): Promise<void>;
  /**
   * Says what it was asked to say itself, a few tokens at a time, so that a newer opening finds what was said so far (D2).
   * Whether the last one ends the answer. `aborted` once `isHeld` says no.
   */
  sayOwn(signal: AbortSignal, isHeld: () => boolean): Promise<boolean>;
  /** The rows from a position on. */
  read(reading: Reading): Promise<RelayState>;
  /** Takes tokens that the reader chose, and reads their rows. A step that is refused leaves the session as it was (D5). */
  take(request: StepFeatures, signal: AbortSignal): Promise<RelayState>;
}

/** What is read of a session. */
export type Reading = Pick<ReadStateRequest, 'from' | 'includeCache'> & { readonly signal: AbortSignal };

/** Own tokens asked of the engine at once. */
const TOKENS_AT_ONCE = 4;

/** The session that `engine` knows as `key`, or will. */
export function createSourceSession(engine: RelayingEngine, key: string, begin: HeldTokens): SourceSession {
  return new EngineSession(engine, key, begin);
}

class EngineSession implements SourceSession {
  readonly opening: OpenFeatures;
  answer: readonly number[];
  computed: number;
  inEngine: number;
  readonly #engine: RelayingEngine;
  readonly #key: string;

  constructor(engine: RelayingEngine, key: string, { opening, answer, computed, inEngine }: HeldTokens) {
    this.#engine = engine;
    this.#key = key;
    this.opening = opening;
    this.answer = answer;
    this.computed = computed;
    this.inEngine = inEngine;
  }

  async open(signal: AbortSignal): Promise<void> {
    const { opening, answer } = this;
    const { prompt, sampling } = opening;
    const plain = { session: this.#key, prompt, answer };
    this.inEngine = 0;
    await this.#engine.open(sampling === undefined ? plain : { ...plain, sampling }, signal);
    if (this.answer === answer) this.inEngine = answer.length;
  }

  async sayOwn(signal: AbortSignal, isHeld: () => boolean): Promise<boolean> {
    const { ownTokens, ownExit, answer } = this.opening;
    const exit = ownExit === 0 ? (this.#engine.exits.at(-1) ?? 0) : ownExit;
    for (let left = ownTokens; left > 0; left = ownTokens - (this.answer.length - answer.length)) {
      const request = { session: this.#key, exit, count: Math.min(left, TOKENS_AT_ONCE) };
      const said = await this.#insist(signal, lacking => this.#engine.draft({ ...request, ...lacking }, signal));
      if (!isHeld()) throw takenOver(this.opening);
      this.answer = [...this.answer, ...said.tokens];
      this.inEngine = this.answer.length;
      if (said.finished || said.tokens.length === 0) return said.finished;
    }
    return false;
  }

  async read({ signal, ...reading }: Reading): Promise<RelayState> {
    const { answer } = this;
    const request = { session: this.#key, layer: this.opening.layer, ...reading };
    const state = await this.#insist(signal, lacking => this.#engine.readState({ ...request, ...lacking }, signal));
    if (this.answer === answer) this.inEngine = answer.length;
    this.computed = Math.max(this.computed, state.from + state.rows);
    return state;
  }

  async take({ base, tokens }: StepFeatures, signal: AbortSignal): Promise<RelayState> {
    const past = this.answer;
    const answer = [...past.slice(0, base), ...tokens];
    this.answer = answer;
    this.inEngine = Math.min(this.inEngine, base);
    try {
      return await this.read({ from: this.opening.prompt.length + base, includeCache: false, signal });
    } catch (error) {
      if (this.answer === answer) this.answer = past; // D5, unless the same step was asked for once more meanwhile
      throw error;
    }
  }

  /** D4 */
  async #insist<Result>(signal: AbortSignal, call: (lacking: Lacking) => Promise<Result>): Promise<Result> {
    try {
      return await call(this.#lacking());
    } catch (error) {
      if (!AiflowError.is(error) || error.code !== 'not-found') throw error;
      await this.open(signal);
      return call(this.#lacking());
    }
  }

  /** D6 */
  #lacking(): Lacking {
    return { base: this.inEngine, given: this.answer.slice(this.inEngine) };
  }
}

/** The answer tokens to give with a call. */
type Lacking = Required<Pick<ReadStateRequest, 'base' | 'given'>>;
