// SPDX-License-Identifier: Apache-2.0
//
// The loop of a session: events go to the machine one at a time, its effects to the performer; every effect starts at
// once and comes back as an event. Whatever happens, the result is there by the deadline.
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { advanceSession, startSession } from './advance-session.ts';
import { costLedgerOf } from './cost-ledger.ts';
import { createEffectPerformer, type EffectPerformer } from './effect-performer.ts';
import { ledgerFactsOf } from './ledger-facts.ts';
import type { SessionEvent } from './session-event.ts';
import { initialState, type SessionCollaborators, type SessionOptions, wantedExit } from './session-options.ts';
import { resultOf, type SessionOutcome, type SessionResult } from './session-result.ts';
import { revisionOf } from './session-revision.ts';
import { judgedLength, type SessionState } from './session-state.ts';
import type { SessionMember } from './tier-statistics.ts';
import type { Verifier } from './verifier.ts';

/**
 * Answers one request together. Resolves by the deadline with the best answer so far; rejects with `cancelled`, or,
 * when not one token was produced, with `deadline-exceeded` or `unavailable` naming what was awaited.
 */
export function runSession(collaborators: SessionCollaborators, options: SessionOptions = {}): Promise<SessionResult> {
  return new SessionRun(collaborators, options).run();
}

const DEFAULT_DEADLINE_MS = 30_000;

class SessionRun {
  readonly #collaborators: SessionCollaborators;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #beganMs: number;
  readonly #deadlineMs: number;
  readonly #performer: EffectPerformer;
  readonly #queue: SessionEvent[] = [];
  #state: SessionState;
  #sequence = 0;
  #isAdvancing = false;
  #isOver = false;
  #settle: (outcome: SessionOutcome | AiflowError) => void = () => undefined;

  constructor(collaborators: SessionCollaborators, options: SessionOptions) {
    this.#collaborators = collaborators;
    this.#options = options;
    this.#clock = collaborators.clock;
    this.#beganMs = this.#clock.nowMs();
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#state = initialState(collaborators, options);
    const remainingMs = (): number => Math.max(0, this.#deadlineMs - this.#elapsedMs());
    this.#performer = createEffectPerformer(collaborators, options, remainingMs, event => this.#dispatch(event));
  }

  async run(): Promise<SessionResult> {
    const outcome = await this.#outcome();
    this.#isOver = true;
    const remaining = this.#state.tiers.flatMap((tier, index) =>
      tier.phase === 'gone' ? [] : [this.#verifier(index)],
    );
    this.#performer.stop(remaining);
    if (AiflowError.is(outcome)) throw outcome;
    if (this.#state.tokens.length === 0) throw this.#nothingSaid(outcome);
    return this.#result(outcome);
  }

  async #outcome(): Promise<SessionOutcome | AiflowError> {
    const { signal } = this.#options;
    const cancel = (): void => this.#settle(new AiflowError('cancelled', 'the session was cancelled by its asker'));
    const deadline = this.#clock.setTimer(this.#deadlineMs, () => this.#settle('deadline'));
    try {
      return await new Promise<SessionOutcome | AiflowError>(resolve => {
        this.#settle = resolve;
        signal?.addEventListener('abort', cancel, { once: true });
        if (signal?.aborted) cancel();
        else for (const effect of startSession(this.#state)) this.#performer.perform(effect);
      });
    } finally {
      deadline.cancel();
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Events that arise while one is applied wait their turn. */
  #dispatch(event: SessionEvent): void {
    this.#queue.push(event);
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (!this.#isOver) this.#advance(next);
    }
    this.#isAdvancing = false;
  }

  /** A throw here is a bug of ours; it ends the session instead of the process. */
  #advance(event: SessionEvent): void {
    try {
      const { state, effects } = advanceSession(this.#state, event);
      this.#state = state;
      for (const effect of effects) {
        if (effect.type === 'revise') this.#revise();
        else if (effect.type === 'finish') this.#settle(effect.outcome);
        else this.#performer.perform(effect);
      }
    } catch (error) {
      this.#settle(AiflowError.from(error, 'internal'));
    }
  }

  #revise(): void {
    this.#sequence += 1;
    const { tier, node, exit } = this.#members()[this.#state.author] ?? this.#owner();
    const revision = revisionOf(this.#state, this.#sequence, { tier, node, exit });
    this.#options.onRevision?.(revision, () => this.#result('deadline'));
  }

  #result(outcome: SessionOutcome): SessionResult {
    const result = resultOf(this.#state, {
      outcome,
      wantedExit: wantedExit(this.#collaborators, this.#options),
      durationMs: this.#elapsedMs(),
      owner: this.#owner(),
      verifiers: this.#members(),
      judged: judgedLength(this.#state),
    });
    return { ...result, ledger: costLedgerOf(result, ledgerFactsOf(this.#collaborators)) };
  }

  #owner(): SessionMember {
    const { tier, node, format } = this.#collaborators.drafter;
    const { draftExit, localExit } = this.#state.settings;
    const isAlone = this.#state.references.at(-1)?.index === -1;
    return { tier, node, format, exit: isAlone ? localExit : draftExit };
  }

  #members(): readonly SessionMember[] {
    return this.#state.tiers.map((_, index) => {
      const { tier, node, exit, format } = this.#verifier(index);
      return { tier, node, exit, format };
    });
  }

  #verifier(index: number): Verifier {
    const verifier = this.#collaborators.tiers[index]?.candidates[this.#state.tiers[index]?.candidate ?? 0];
    if (verifier === undefined) throw new AiflowError('internal', `tier ${index} has no candidates`);
    return verifier;
  }

  #nothingSaid(outcome: SessionOutcome): AiflowError {
    const { drafter, tiers } = this.#state;
    const own = this.#collaborators.drafter.node;
    const others = tiers.map((tier, index) => `, ${this.#verifier(index).node} (${tier.phase})`).join('');
    const faults = [drafter.fault, ...tiers.map(tier => tier.fault)].filter(fault => fault !== undefined);
    const why = faults.length === 0 ? '' : `: ${faults.join('; ')}`;
    const hop =
      tiers.length > 0 && drafter.phase === 'gone' ? `${own} -> ${this.#verifier(tiers.length - 1).node}` : own;
    return new AiflowError(
      outcome === 'deadline' ? 'deadline-exceeded' : 'unavailable',
      `no token of the answer was produced within ${Math.round(this.#elapsedMs())} ms; awaited ${own}'s own engine (${drafter.phase})${others}${why}`,
      { node: own, hop },
    );
  }

  #elapsedMs(): number {
    return this.#clock.nowMs() - this.#beganMs;
  }
}
