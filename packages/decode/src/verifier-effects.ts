// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { ExchangeLimits, LinkDelay } from './exchange-limits.ts';
import { faultOf } from './fault-of.ts';
import { letGo } from './let-go.ts';
import { createLinkPatience, type LinkPatience } from './link-patience.ts';
import { createRoundTripLimit, type RoundTripLimit } from './round-trip-limit.ts';
import type { Fault, SessionEffect, SessionEvent } from './session-event.ts';
import type { SessionCollaborators } from './session-options.ts';
import type { Verifier } from './verifier.ts';

type Effect<Type extends SessionEffect['type']> = Extract<SessionEffect, { type: Type }>;

/** The opening of one tier that counts now. */
interface Opened {
  /** Its candidate in use. */
  readonly verifier: Verifier;
  readonly controller: AbortController;
  readonly roundTrips: RoundTripLimit;
  /** Undefined while it is under way. */
  openedInMs: number | undefined;
}

/** What the machine orders of verifiers, by tier. Each order comes back as one event at most. */
export class VerifierEffects {
  readonly #collaborators: SessionCollaborators;
  readonly #clock: Clock;
  readonly #limits: ExchangeLimits;
  readonly #emit: (event: SessionEvent) => void;
  readonly #openings = new Map<number, Opened>();
  readonly #patience: LinkPatience;

  constructor(collaborators: SessionCollaborators, limits: ExchangeLimits, emit: (event: SessionEvent) => void) {
    this.#collaborators = collaborators;
    this.#clock = collaborators.clock;
    this.#limits = limits;
    this.#emit = emit;
    this.#patience = createLinkPatience(this.#clock);
  }

  open({ tier, opening, epoch, answer, candidate }: Effect<'open'>): void {
    const verifier = this.#collaborators.tiers[tier]?.candidates[candidate];
    if (verifier === undefined) throw new AiflowError('internal', `tier ${tier} has no candidate ${candidate}`);
    const controller = new AbortController();
    setMaxListeners(0, controller.signal); // each exchange under way listens; S5 bounds them
    const opened: Opened = { verifier, controller, roundTrips: createRoundTripLimit(), openedInMs: undefined };
    this.#openings.set(tier, opened);
    const pauseMs = reopenPauseMs(opening);
    const beganMs = this.#clock.nowMs() + pauseMs;
    const work = async (signal: AbortSignal): Promise<void> => {
      if (pauseMs > 0) await sleep(this.#clock, pauseMs, signal);
      await this.#patience.persist(inner => verifier.open({ epoch, answer }, inner), signal);
    };
    const what = `opening a session on ${verifier.node}`;
    this.#limits.run({ what, limitMs: this.#limits.openMs(verifier, opening), signal: controller.signal }, work).then(
      () => {
        opened.openedInMs = this.#clock.nowMs() - beganMs;
        this.#emit({ type: 'tier-opened', tier, opening });
      },
      error => this.#tierFailed({ tier, opening }, faultOf(error, 'opening', this.#hopTo(verifier))),
    );
  }

  /** The reference gets its full time; a tier one can do without is taken for dead as soon as it is plainly late. */
  verify({ tier, opening, flight, isReference, block }: Effect<'verify'>): void {
    const opened = this.#openedOn(tier);
    const { verifier, controller, roundTrips } = opened;
    const sentMs = this.#clock.nowMs();
    const fullMs = this.#limits.verdictMs(delayOf(opened));
    const limitMs = isReference ? fullMs : roundTrips.limitMs(fullMs);
    const limit = { what: `verdict of ${verifier.node}`, limitMs, signal: controller.signal };
    this.#limits
      .run(limit, signal => verifier.verify(block, signal))
      .then(
        verdict => {
          const roundTripMs = this.#clock.nowMs() - sentMs;
          const waitMs = Math.max(0, roundTripMs - verdict.computeMs);
          roundTrips.note(roundTripMs);
          this.#emit({ type: 'verdict', tier, opening, flight, verdict, waitMs });
        },
        error => {
          this.#patience.note(error);
          this.#tierFailed({ tier, opening, epoch: block.epoch }, faultOf(error, 'working', this.#hopTo(verifier)));
        },
      );
  }

  rollBack({ tier, opening, change }: Effect<'rollback'>): void {
    const opened = this.#openedOn(tier);
    const { verifier, controller } = opened;
    const limitMs = this.#limits.verdictMs(delayOf(opened));
    const limit = { what: `rollback of ${verifier.node}`, limitMs, signal: controller.signal };
    this.#limits
      .run(limit, signal => verifier.rollback(change, signal))
      .catch(error => this.#tierFailed({ tier, opening }, faultOf(error, 'working', this.#hopTo(verifier))));
  }

  abandon({ tier }: Effect<'abandon'>): void {
    const opened = this.#openings.get(tier);
    opened?.controller.abort(new AiflowError('cancelled', 'the tier was given up'));
    if (opened !== undefined) letGo(opened.verifier.close());
  }

  /** Cancels what is under way; no order follows. */
  stop(reason: AiflowError): void {
    for (const { controller } of this.#openings.values()) controller.abort(reason);
  }

  #tierFailed(at: { readonly tier: number; readonly opening: number; readonly epoch?: number }, fault: Fault): void {
    // A cancelled exchange that we did not abandon ended at the verifier's side: its session is gone.
    const kind = fault.kind === 'cancelled' ? 'lost' : fault.kind;
    this.#emit({ type: 'tier-failed', ...at, fault: { ...fault, kind } });
  }

  #openedOn(tier: number): Opened {
    const opened = this.#openings.get(tier);
    if (opened === undefined) throw new AiflowError('internal', `tier ${tier} is not open`);
    return opened;
  }

  #hopTo(verifier: Verifier): string {
    return `${this.#collaborators.drafter.node} -> ${verifier.node}`;
  }
}

/** A candidate gets its second chance at once, a third after a pause that doubles. */
function reopenPauseMs(opening: number): number {
  return opening <= 2 ? 0 : 100 * 2 ** (opening - 3);
}

function delayOf({ verifier, openedInMs }: Opened): LinkDelay {
  return { roundTripMs: verifier.roundTripMs, openedInMs };
}
