// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import { faultOf } from './fault-of.ts';
import { createLinkPatience, type LinkPatience } from './link-patience.ts';
import { createRoundTripLimit, type RoundTripLimit } from './round-trip-limit.ts';
import type { Fault, SessionEffect, SessionEvent } from './session-event.ts';
import type { SessionCollaborators, SessionOptions } from './session-options.ts';
import { withTimeLimit } from './time-limit.ts';
import type { Verifier } from './verifier.ts';

/** Does what the machine orders of the owner's engine and of verifiers. Each order comes back as one event at most. */
export interface EffectPerformer {
  perform(effect: SessionEffect): void;
  /** Cancels whatever is under way and says farewell to `verifiers` and the engine. */
  stop(verifiers: readonly Verifier[]): void;
}

/** Shares of the time left are not cut below this: the deadline itself ends what takes longer. */
const LEAST_LIMIT_MS = 750;

/** Makes one for a session that has `remainingMs` left. */
export function createEffectPerformer(
  collaborators: SessionCollaborators,
  options: SessionOptions,
  remainingMs: () => number,
  emit: (event: SessionEvent) => void,
): EffectPerformer {
  return new SessionEffects(collaborators, options, remainingMs, emit);
}

type Effect<Type extends SessionEffect['type']> = Extract<SessionEffect, { type: Type }>;

class SessionEffects implements EffectPerformer {
  readonly #collaborators: SessionCollaborators;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #remainingMs: () => number;
  readonly #emit: (event: SessionEvent) => void;
  readonly #stopped = new AbortController();
  readonly #openings = new Map<number, AbortController>();
  /** Candidate in use, by tier. */
  readonly #chosen = new Map<number, Verifier>();
  readonly #roundTrips = new Map<number, RoundTripLimit>();
  readonly #patience: LinkPatience;
  #draft = new AbortController();

  constructor(
    collaborators: SessionCollaborators,
    options: SessionOptions,
    remainingMs: () => number,
    emit: (event: SessionEvent) => void,
  ) {
    this.#collaborators = collaborators;
    this.#options = options;
    this.#clock = collaborators.clock;
    this.#patience = createLinkPatience(this.#clock);
    this.#remainingMs = remainingMs;
    this.#emit = emit;
  }

  perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'open-drafter':
        this.#openDrafter(effect.answer);
        break;
      case 'draft':
        this.#orderDraft(effect);
        break;
      case 'cancel-draft':
        this.#draft.abort(new AiflowError('cancelled', 'a rollback overtook the draft'));
        break;
      case 'open':
        this.#open(effect);
        break;
      case 'verify':
        this.#verify(effect);
        break;
      case 'rollback':
        this.#rollBack(effect);
        break;
      case 'abandon':
        this.#abandon(effect);
        break;
      case 'revise':
      case 'finish':
        break;
    }
  }

  stop(verifiers: readonly Verifier[]): void {
    const reason = new AiflowError('cancelled', 'the session has ended');
    this.#stopped.abort(reason);
    this.#draft.abort(reason);
    for (const controller of this.#openings.values()) controller.abort(reason);
    letGo(this.#collaborators.drafter.close());
    for (const verifier of verifiers) letGo(verifier.close());
  }

  #openDrafter(answer: readonly number[]): void {
    const { drafter } = this.#collaborators;
    const what = `opening ${drafter.node}'s own engine`;
    this.#limited(what, this.#draftLimitMs(), this.#stopped.signal, signal => drafter.open(answer, signal)).then(
      () => this.#emit({ type: 'drafter-opened' }),
      error => this.#drafterFailed(error, 'opening'),
    );
  }

  #orderDraft({ order }: Effect<'draft'>): void {
    const { drafter } = this.#collaborators;
    this.#draft = new AbortController();
    const what = `draft of ${drafter.node}`;
    this.#limited(what, this.#draftLimitMs(), this.#draft.signal, signal => drafter.draft(order, signal)).then(
      drafted => this.#emit({ type: 'drafted', ...drafted }),
      error => this.#drafterFailed(error, 'working'),
    );
  }

  #drafterFailed(error: unknown, doing: 'opening' | 'working'): void {
    const fault = faultOf(error, doing, this.#collaborators.drafter.node);
    const isOurs = fault.kind !== 'cancelled' || this.#draft.signal.aborted;
    this.#emit({ type: 'drafter-failed', fault: isOurs ? fault : { ...fault, kind: 'failed' } });
  }

  #open({ tier, opening, epoch, answer, candidate }: Effect<'open'>): void {
    const verifier = this.#collaborators.tiers[tier]?.candidates[candidate];
    if (verifier === undefined) throw new AiflowError('internal', `tier ${tier} has no candidate ${candidate}`);
    this.#chosen.set(tier, verifier);
    const controller = new AbortController();
    setMaxListeners(0, controller.signal); // each exchange under way listens; S5 bounds them
    this.#openings.set(tier, controller);
    this.#roundTrips.set(tier, createRoundTripLimit());
    const work = async (signal: AbortSignal): Promise<void> => {
      const pauseMs = reopenPauseMs(opening);
      if (pauseMs > 0) await sleep(this.#clock, pauseMs, signal);
      await this.#patience.persist(inner => verifier.open({ epoch, answer }, inner), signal);
    };
    const what = `opening a session on ${verifier.node}`;
    this.#limited(what, this.#openLimitMs(), controller.signal, work).then(
      () => this.#emit({ type: 'tier-opened', tier, opening }),
      error => this.#tierFailed({ tier, opening }, faultOf(error, 'opening', this.#hopTo(verifier))),
    );
  }

  /** The reference gets its full time; a tier one can do without is taken for dead as soon as it is plainly late. */
  #verify({ tier, opening, flight, isReference, block }: Effect<'verify'>): void {
    const { verifier, signal } = this.#openedOn(tier);
    const sentMs = this.#clock.nowMs();
    const what = `verdict of ${verifier.node}`;
    const roundTrips = this.#roundTrips.get(tier);
    const fullMs = this.#verdictLimitMs();
    const limitMs = isReference ? fullMs : (roundTrips?.limitMs(fullMs) ?? fullMs);
    this.#limited(what, limitMs, signal, inner => verifier.verify(block, inner)).then(
      verdict => {
        const roundTripMs = this.#clock.nowMs() - sentMs;
        const waitMs = Math.max(0, roundTripMs - verdict.computeMs);
        roundTrips?.note(roundTripMs);
        this.#emit({ type: 'verdict', tier, opening, flight, verdict, waitMs });
      },
      error => {
        this.#patience.note(error);
        this.#tierFailed({ tier, opening, epoch: block.epoch }, faultOf(error, 'working', this.#hopTo(verifier)));
      },
    );
  }

  #rollBack({ tier, opening, change }: Effect<'rollback'>): void {
    const { verifier, signal } = this.#openedOn(tier);
    const what = `rollback of ${verifier.node}`;
    this.#limited(what, this.#verdictLimitMs(), signal, inner => verifier.rollback(change, inner)).catch(error =>
      this.#tierFailed({ tier, opening }, faultOf(error, 'working', this.#hopTo(verifier))),
    );
  }

  #tierFailed(at: { readonly tier: number; readonly opening: number; readonly epoch?: number }, fault: Fault): void {
    // A cancelled exchange that we did not abandon ended at the verifier's side: its session is gone.
    const kind = fault.kind === 'cancelled' ? 'lost' : fault.kind;
    this.#emit({ type: 'tier-failed', ...at, fault: { ...fault, kind } });
  }

  #abandon({ tier }: Effect<'abandon'>): void {
    this.#openings.get(tier)?.abort(new AiflowError('cancelled', 'the tier was given up'));
    const verifier = this.#chosen.get(tier);
    if (verifier !== undefined) letGo(verifier.close());
  }

  #openedOn(tier: number): { readonly verifier: Verifier; readonly signal: AbortSignal } {
    const verifier = this.#chosen.get(tier);
    const signal = this.#openings.get(tier)?.signal;
    if (verifier === undefined || signal === undefined) throw new AiflowError('internal', `tier ${tier} is not open`);
    return { verifier, signal };
  }

  #hopTo(verifier: Verifier): string {
    return `${this.#collaborators.drafter.node} -> ${verifier.node}`;
  }

  #limited<T>(
    what: string,
    limitMs: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withTimeLimit({ clock: this.#clock, limitMs, what, signal }, work);
  }

  #draftLimitMs(): number {
    return this.#share(this.#options.draftTimeoutMs ?? 10_000, 2);
  }

  #openLimitMs(): number {
    return this.#share(this.#options.openTimeoutMs ?? 2000, 4);
  }

  #verdictLimitMs(): number {
    return this.#share(this.#options.verdictTimeoutMs ?? 3000, 3);
  }

  #share(limitMs: number, divisor: number): number {
    return Math.min(limitMs, Math.max(LEAST_LIMIT_MS, this.#remainingMs() / divisor));
  }
}

/** A candidate gets its second chance at once, a third after a pause that doubles. */
function reopenPauseMs(opening: number): number {
  return opening <= 2 ? 0 : 100 * 2 ** (opening - 3);
}

/** Nothing depends on a farewell: a verifier that did not get it drops the session when room is needed. */
function letGo(farewell: Promise<void>): void {
  farewell.catch(() => undefined);
}
