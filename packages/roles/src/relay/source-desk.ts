// SPDX-License-Identifier: Apache-2.0
//
// The sessions whose features a node serves.
//
//   (unknown) --open--> held --open with a newer or equal epoch--> held --least recently used of too many--> (unknown)
//
// D1  A session is held under its owner's node and its id: the same id from two nodes names two sessions.
// D2  An older epoch never changes or reads a session; a newer one takes it over, also while it answers.
// D3  What is held is not computed again: an opening that begins as the held tokens do goes on from there.
// D4  The engine may forget a session at any time; then it is opened again from prompt and answer.
// D5  Nothing is held beyond the family's context, and a step that is refused leaves the session as it was.
// D6  A call that fails may leave the engine with less than is held, so it is given all it is not sure to hold.
import type { ReadStateRequest, RelayingEngine, RelayState } from '@aiflow/model';
import { AiflowError, type OpenFeatures, type StepFeatures } from '@aiflow/protocol';
import { beyondContext, gap, notHeld, overtaken, takenOver } from './desk-refusals.ts';

/** What an opening came to. */
export interface SourceOpening {
  /** What this node said after the answer it was given, and whether the last token ends it. */
  readonly ownTokens: readonly number[];
  readonly finished: boolean;
  /** Prompt and answer, the own tokens included. */
  readonly positions: number;
  readonly reused: number;
  /** Absent where the reader lacks nothing. */
  readonly state: RelayState | undefined;
}

/** Holds sessions for readers on other nodes. */
export interface SourceDesk {
  readonly sessions: number;
  open(owner: string, request: OpenFeatures, signal: AbortSignal): Promise<SourceOpening>;
  /** The rows of tokens that the reader chose, and what was opened. */
  step(owner: string, request: StepFeatures, signal: AbortSignal): Promise<SourceStep>;
  close(owner: string, session: string): Promise<void>;
  closeAll(): Promise<void>;
}

/** Rows of a step, with the opening that tells how they travel. */
export interface SourceStep {
  readonly opening: OpenFeatures;
  readonly state: RelayState;
}

interface Held {
  readonly opening: OpenFeatures;
  answer: readonly number[];
  /** Positions whose features were computed up to the layer of the opening. */
  computed: number;
  /** Answer tokens that the engine is sure to hold (D6). */
  inEngine: number;
}

/** Limits of a desk. */
export interface SourceDeskOptions {
  /** Positions of prompt and answer together that a session may hold: the family's `context`. */
  readonly contextTokens: number;
  /** Default 64. */
  readonly maxSessions?: number;
}

/** An empty desk over `engine`, which stays the caller's. */
export function createSourceDesk(engine: RelayingEngine, options: SourceDeskOptions): SourceDesk {
  return new Desk(engine, options);
}

/** Own tokens asked of the engine at once. */
const TOKENS_AT_ONCE = 4;

class Desk implements SourceDesk {
  readonly #engine: RelayingEngine;
  readonly #maxSessions: number;
  readonly #contextTokens: number;
  readonly #held = new Map<string, Held>(); // in order of use

  constructor(engine: RelayingEngine, { maxSessions = 64, contextTokens }: SourceDeskOptions) {
    this.#engine = engine;
    this.#maxSessions = maxSessions;
    this.#contextTokens = contextTokens;
  }

  get sessions(): number {
    return this.#held.size;
  }

  async open(owner: string, request: OpenFeatures, signal: AbortSignal): Promise<SourceOpening> {
    const key = keyOf(owner, request.session);
    const past = this.#held.get(key);
    if (past !== undefined && request.epoch < past.opening.epoch) throw overtaken(request, past.opening.epoch); // D2
    this.#checkRoom(request, request.answer.length);
    const goesOn = past !== undefined && isSameQuestion(past.opening, request); // D3
    const kept = goesOn ? sharedPrefix(past.answer, request.answer) : 0;
    const keepsOwn = goesOn && request.keepsOwn && kept === request.answer.length;
    const answer = keepsOwn ? past.answer : request.answer;
    const standing = keepsOwn ? answer.length : kept;
    const held: Held = { opening: request, answer, computed: 0, inEngine: Math.min(standing, past?.inEngine ?? 0) };
    if (goesOn && request.layer <= past.opening.layer) held.computed = past.computed;
    await this.#hold(key, held);
    if (!goesOn) await this.#openInEngine(key, held, signal);
    const reused = Math.min(held.computed, request.prompt.length + standing);
    return { ...(await this.#handOver(key, held, signal)), reused };
  }

  async step(owner: string, request: StepFeatures, signal: AbortSignal): Promise<SourceStep> {
    const key = keyOf(owner, request.session);
    const held = this.#held.get(key);
    if (held === undefined) throw notHeld(request.session);
    const { opening } = held;
    if (request.epoch !== opening.epoch) throw overtaken(request, opening.epoch);
    if (request.base > held.answer.length) throw gap(request, held.answer.length);
    if (request.tokens.length === 0)
      throw new AiflowError('invalid-argument', 'a step has no tokens: send one or more');
    this.#checkRoom(opening, request.base + request.tokens.length);
    await this.#hold(key, held);
    return { opening, state: await this.#take(key, held, { request, signal }) };
  }

  async close(owner: string, session: string): Promise<void> {
    await this.#drop(keyOf(owner, session));
  }

  async closeAll(): Promise<void> {
    for (const key of [...this.#held.keys()]) await this.#drop(key);
  }

  /** D5 */
  #checkRoom({ session, prompt }: OpenFeatures, answerTokens: number): void {
    const positions = prompt.length + answerTokens;
    if (positions > this.#contextTokens) throw beyondContext(session, positions, this.#contextTokens);
  }

  async #take(
    key: string,
    held: Held,
    { request, signal }: { readonly request: StepFeatures; readonly signal: AbortSignal },
  ): Promise<RelayState> {
    const { base, tokens } = request;
    const past = held.answer;
    const answer = [...past.slice(0, base), ...tokens];
    held.answer = answer;
    held.inEngine = Math.min(held.inEngine, base);
    try {
      const from = held.opening.prompt.length + base;
      return await this.#read(key, held, { from, includeCache: false, signal });
    } catch (error) {
      if (held.answer === answer) held.answer = past; // D5, unless the same step was asked for once more meanwhile
      throw error;
    }
  }

  /** Says what it was asked to say itself, then reads what the reader lacks. */
  async #handOver(key: string, held: Held, signal: AbortSignal): Promise<Omit<SourceOpening, 'reused'>> {
    const { opening } = held;
    const finished = await this.#sayOwn(key, held, signal);
    const positions = opening.prompt.length + held.answer.length;
    const reading = { from: opening.from, includeCache: opening.includesCache, signal };
    const state = opening.from < positions ? await this.#read(key, held, reading) : undefined;
    return { ownTokens: held.answer.slice(opening.answer.length), finished, positions, state };
  }

  /** A few at a time, so that a newer opening finds what was said so far (D2). Whether the last one ends the answer. */
  async #sayOwn(key: string, held: Held, signal: AbortSignal): Promise<boolean> {
    const { ownTokens, ownExit, answer } = held.opening;
    const exit = ownExit === 0 ? (this.#engine.exits.at(-1) ?? 0) : ownExit;
    for (let left = ownTokens; left > 0; left = ownTokens - (held.answer.length - answer.length)) {
      const request = { session: key, exit, ...lacking(held), count: Math.min(left, TOKENS_AT_ONCE) };
      const said = await this.#engine.draft(request, signal).catch(async error => {
        if (!isForgotten(error)) throw error;
        await this.#openInEngine(key, held, signal); // D4
        return this.#engine.draft({ ...request, ...lacking(held) }, signal);
      });
      if (this.#held.get(key) !== held) throw takenOver(held.opening);
      held.answer = [...held.answer, ...said.tokens];
      held.inEngine = held.answer.length;
      if (said.finished || said.tokens.length === 0) return said.finished;
    }
    return false;
  }

  async #read(
    key: string,
    held: Held,
    reading: Pick<ReadStateRequest, 'from' | 'includeCache'> & { readonly signal: AbortSignal },
  ): Promise<RelayState> {
    const { signal, ...rest } = reading;
    const { answer } = held;
    const request = { session: key, layer: held.opening.layer, ...lacking(held), ...rest };
    const state = await this.#engine.readState(request, signal).catch(async error => {
      if (!isForgotten(error)) throw error;
      await this.#openInEngine(key, held, signal); // D4
      return this.#engine.readState({ ...request, ...lacking(held) }, signal);
    });
    if (held.answer === answer) held.inEngine = answer.length;
    held.computed = Math.max(held.computed, state.from + state.rows);
    return state;
  }

  async #openInEngine(key: string, held: Held, signal: AbortSignal): Promise<void> {
    const { opening, answer } = held;
    const { prompt, sampling } = opening;
    const plain = { session: key, prompt, answer };
    held.inEngine = 0;
    await this.#engine.open(sampling === undefined ? plain : { ...plain, sampling }, signal);
    if (held.answer === answer) held.inEngine = answer.length;
  }

  /** Takes the session as the one used last; the one used least recently gives way. */
  async #hold(key: string, held: Held): Promise<void> {
    this.#held.delete(key);
    this.#held.set(key, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > this.#maxSessions && oldest !== undefined) await this.#drop(oldest);
  }

  async #drop(key: string): Promise<void> {
    if (this.#held.delete(key)) await this.#engine.close(key);
  }
}

function keyOf(owner: string, session: string): string {
  return `features/${owner}/${session}`; // D1
}

/** D6: the answer tokens to give with a call. */
function lacking({ answer, inEngine }: Held): Required<Pick<ReadStateRequest, 'base' | 'given'>> {
  return { base: inEngine, given: answer.slice(inEngine) };
}

function isSameQuestion(one: OpenFeatures, other: OpenFeatures): boolean {
  const isSamePrompt =
    one.prompt.length === other.prompt.length && sharedPrefix(one.prompt, other.prompt) === one.prompt.length;
  return isSamePrompt && JSON.stringify(one.sampling) === JSON.stringify(other.sampling);
}

function sharedPrefix(one: readonly number[], other: readonly number[]): number {
  const end = Math.min(one.length, other.length);
  let length = 0;
  while (length < end && one[length] === other[length]) length += 1;
  return length;
}

function isForgotten(error: unknown): boolean {
  return AiflowError.is(error) && error.code === 'not-found';
}
