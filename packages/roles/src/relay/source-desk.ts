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
import type { RelayingEngine, RelayState } from '@aiflow/model';
import { AiflowError, type OpenFeatures, type StepFeatures } from '@aiflow/protocol';
import { beyondContext, gap, notHeld, overtaken } from './desk-refusals.ts';
import { planOpening } from './plan-opening.ts';
import { createSourceSession, type SourceSession } from './source-session.ts';

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

class Desk implements SourceDesk {
  readonly #engine: RelayingEngine;
  readonly #maxSessions: number;
  readonly #contextTokens: number;
  readonly #held = new Map<string, SourceSession>(); // in order of use

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
    const plan = planOpening(past, request); // D3
    const session = createSourceSession(this.#engine, key, { opening: request, ...plan });
    await this.#hold(key, session);
    if (!plan.goesOn) await session.open(signal);
    const reused = Math.min(session.computed, request.prompt.length + plan.standing);
    return { ...(await this.#handOver(key, session, signal)), reused };
  }

  async step(owner: string, request: StepFeatures, signal: AbortSignal): Promise<SourceStep> {
    const key = keyOf(owner, request.session);
    const session = this.#held.get(key);
    if (session === undefined) throw notHeld(request.session);
    const { opening, answer } = session;
    if (request.epoch !== opening.epoch) throw overtaken(request, opening.epoch);
    if (request.base > answer.length) throw gap(request, answer.length);
    if (request.tokens.length === 0)
      throw new AiflowError('invalid-argument', 'a step has no tokens: send one or more');
    this.#checkRoom(opening, request.base + request.tokens.length);
    await this.#hold(key, session);
    return { opening, state: await session.take(request, signal) };
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

  /** Says what it was asked to say itself, then reads what the reader lacks. */
  async #handOver(key: string, session: SourceSession, signal: AbortSignal): Promise<Omit<SourceOpening, 'reused'>> {
    const { opening } = session;
    const finished = await session.sayOwn(signal, () => this.#held.get(key) === session);
    const positions = opening.prompt.length + session.answer.length;
    const reading = { from: opening.from, includeCache: opening.includesCache, signal };
    const state = opening.from < positions ? await session.read(reading) : undefined;
    return { ownTokens: session.answer.slice(opening.answer.length), finished, positions, state };
  }

  /** Takes the session as the one used last; the one used least recently gives way. */
  async #hold(key: string, session: SourceSession): Promise<void> {
    this.#held.delete(key);
    this.#held.set(key, session);
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
