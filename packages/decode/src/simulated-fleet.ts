// SPDX-License-Identifier: Apache-2.0
//
// A fleet on virtual time: the real session driver over engines that only cost time and links that only delay. A plan of
// `@aiflow/placement` can be played here as it would be on real nodes, which is how its estimates are checked.
import type { LinkFacts, Plan, PlanMember } from '@aiflow/placement';
import { type Clock, createVirtualClock } from '@aiflow/time';
import { createDeskVerifier } from './desk-verifier.ts';
import { plannedDraftLength } from './draft-length.ts';
import { createEngineDrafter, type SessionSubject } from './drafter.ts';
import { sessionOptionsOf } from './plan-session.ts';
import { runAlone } from './run-alone.ts';
import { runSession } from './run-session.ts';
import type { SessionOptions, TierCandidates } from './session-options.ts';
import type { SessionResult } from './session-result.ts';
import { carryRevisions } from './simulated-hand-over.ts';
import { createSimulatedLink } from './simulated-link.ts';
import { createSyntheticEngine, type EngineCosts, type SyntheticEngine } from './synthetic-engine.ts';
import { createSyntheticLanguage, type SyntheticLanguage } from './synthetic-language.ts';
import { createVerifierDesk } from './verifier-desk.ts';

/** A node of a simulated fleet: what each of its exits costs. */
export interface SimulatedNode {
  readonly exits: Readonly<Record<number, EngineCosts>>;
  /** From the device; of no meaning for it. Default: none, neither delay nor limit. */
  readonly link?: LinkFacts;
}

/** A fleet of at most three nodes and the answers it gives. */
export interface SimulatedFleet {
  readonly device: SimulatedNode;
  readonly edge?: SimulatedNode;
  readonly cloud?: SimulatedNode;
  /** Probability, by exit, of saying what the reference says. Exits that are not named always do. */
  readonly agreement: Readonly<Record<number, number>>;
  readonly referenceExit: number;
  readonly answerTokens: number;
  /** Default 1. */
  readonly promptTokens?: number;
  readonly seed?: number;
}

/** What of a plan decides how an answer is made; members are found by tier, the owner is the device. */
export interface SimulatedPlan extends Pick<Plan, 'kind' | 'draftLengths' | 'window' | 'maxAhead' | 'pull'> {
  readonly members: readonly Pick<PlanMember, 'tier' | 'exit'>[];
}

/** Gives the `answer`-th answer of a fleet by a plan; the same text by whatever plan. */
export function simulatePlan(fleet: SimulatedFleet, plan: SimulatedPlan, answer: number): Promise<SessionResult> {
  const played = new SimulatedAnswer(fleet, plan, (fleet.seed ?? 1) * 1000 + answer);
  return onVirtualTime(clock => played.play(clock));
}

class SimulatedAnswer {
  readonly #fleet: SimulatedFleet;
  readonly #plan: SimulatedPlan;
  readonly #language: SyntheticLanguage;
  readonly #subject: SessionSubject;

  constructor(fleet: SimulatedFleet, plan: SimulatedPlan, seed: number) {
    this.#fleet = fleet;
    this.#plan = plan;
    const prompt = Array.from({ length: Math.max(1, fleet.promptTokens ?? 1) }, () => seed);
    this.#subject = { session: 'simulated', prompt };
    const { answerTokens, agreement } = fleet;
    this.#language = createSyntheticLanguage({ seed, answerTokens, agreement });
  }

  async play(clock: Clock): Promise<SessionResult> {
    const { kind, members } = this.#plan;
    const last = members.at(-1);
    if (last === undefined) throw new Error('a plan without members can not be played');
    if (kind === 'local') return this.#alone(clock, last);
    return kind === 'hand-over' ? this.#handOver(clock, last) : this.#together(clock);
  }

  #alone(
    clock: Clock,
    member: Pick<PlanMember, 'tier' | 'exit'>,
    options: SessionOptions = {},
  ): Promise<SessionResult> {
    const { tier, exit } = member;
    const engine = this.#engine(clock, member);
    const limits = { ...this.#limits(), draftLength: plannedDraftLength([8]), ...options };
    return runAlone({ engine, clock, subject: this.#subject, node: tier, tier }, exit, limits);
  }

  #handOver(clock: Clock, member: Pick<PlanMember, 'tier' | 'exit'>): Promise<SessionResult> {
    const link = createSimulatedLink(clock, this.#node(member.tier).link ?? { rttMs: 0 });
    return carryRevisions(clock, { link, promptTokens: this.#subject.prompt.length }, onRevision =>
      this.#alone(clock, member, { onRevision }),
    );
  }

  #together(clock: Clock): Promise<SessionResult> {
    const [own, ...others] = this.#plan.members;
    if (own === undefined) throw new Error('a plan without members can not be played');
    const place = { node: 'device', tier: 'device' } as const;
    const drafter = createEngineDrafter(this.#engine(clock, own), this.#subject, place);
    const tiers = others.map(member => this.#tier(clock, member));
    return runSession({ drafter, tiers, clock }, { ...this.#limits(), ...sessionOptionsOf(this.#plan) });
  }

  #tier(clock: Clock, { tier, exit }: Pick<PlanMember, 'tier' | 'exit'>): TierCandidates {
    const desk = createVerifierDesk(this.#engine(clock, { tier, exit }));
    const member = { tier, node: tier, exit, format: 'fp32' } as const;
    const link = createSimulatedLink(clock, this.#node(tier).link ?? { rttMs: 0 });
    return { tier, exit, candidates: [createDeskVerifier(desk, member, this.#subject, link)] };
  }

  #engine(clock: Clock, { tier, exit }: Pick<PlanMember, 'tier' | 'exit'>): SyntheticEngine {
    const costs = this.#node(tier).exits[exit];
    if (costs === undefined) throw new Error(`the ${tier} of this fleet does not hold exit ${exit}`);
    return createSyntheticEngine({ clock, language: this.#language }, { ...costs, exits: [exit] });
  }

  #node(tier: PlanMember['tier']): SimulatedNode {
    const node = tier === 'device' ? this.#fleet.device : this.#fleet[tier];
    if (node === undefined) throw new Error(`this fleet has no ${tier}`);
    return node;
  }

  #limits(): SessionOptions {
    return {
      ...{ deadlineMs: 3_600_000, verdictTimeoutMs: 600_000, openTimeoutMs: 600_000, draftTimeoutMs: 600_000 },
      maxTokens: this.#fleet.answerTokens + 8,
    };
  }
}

/** Beyond every deadline that a session of it has. */
const LIMIT_MS = 7_200_000;

function onVirtualTime(run: (clock: Clock) => Promise<SessionResult>): Promise<SessionResult> {
  const clock = createVirtualClock();
  return clock.runUntilSettled(run(clock), { limitMs: LIMIT_MS });
}
