// SPDX-License-Identifier: Apache-2.0
//
// What the owner of a session knows of one verifying tier: which of its candidates serves, what that one was sent and
// confirmed, and what it did. S3 to S7 of session-state.ts are about these fields.
import type { ComputeFormat } from '@aiflow/model';
import type { Tier } from '@aiflow/protocol';

/** A block under way. `verdict` is set when it arrived before the verdict of an earlier block. */
export interface Flight {
  /** Unique in the session: an empty block and the one after it have the same base. */
  readonly flight: number;
  readonly base: number;
  readonly tokens: readonly number[];
  readonly verdict?: Judgement;
}

/** A verdict as the machine sees it. */
export interface Judgement {
  readonly base: number;
  readonly accepted: number;
  readonly correction: number | undefined;
  readonly finished: boolean;
}

/** One verifying tier. Lengths are answer lengths. */
export interface TierState {
  readonly tier: Tier;
  readonly exit: number;
  readonly phase: 'opening' | 'open' | 'gone';
  /** Index of the candidate in use, and those that may still be used. */
  readonly candidate: number;
  readonly usable: readonly number[];
  /** Openings so far; names the present one. 0 while it stands by: gone until it is called. */
  readonly opening: number;
  /** Called late, it has one opening: what time is left may be needed to go on without it. */
  readonly isStandBy: boolean;
  readonly epoch: number;
  /** The newest epoch the verifier was told of. */
  readonly announced: number;
  /** Prefix the verifier confirmed to hold (S6). */
  readonly confirmed: number;
  /** Prefix it was sent, as tokens to judge or as given. */
  readonly sent: number;
  /** Prefix that is right as far as this tier is concerned, and where its own judging began (S7). */
  readonly judged: number;
  readonly judgedFrom: number;
  /** Where the present row of tokens that it has not rejected began. */
  readonly runFrom: number;
  readonly inFlight: readonly Flight[];
  /** Blocks of old epochs still unanswered. */
  readonly stale: number;
  /** Why the last opening failed. */
  readonly fault: string | undefined;
  readonly counts: TierCounts;
}

/** What a tier did. */
export interface TierCounts {
  readonly verifyCalls: number;
  readonly proposed: number;
  readonly accepted: number;
  readonly rejections: number;
  readonly nearTies: number;
  readonly computeMs: number;
  /** Time between sending a block and its verdict that was not computing. */
  readonly waitMs: number;
  /** The shortest of those waits: about the round trip. Absent before the first verdict. */
  readonly leastWaitMs: number | undefined;
  /** Verdicts dropped because their epoch was old. */
  readonly outdated: number;
  /** Tokens judged and let stand by place since the last rejection, in the groups of `POSITION_GROUPS`. */
  readonly byPosition?: readonly PositionCount[];
}

/** What became of tokens at places of one group. */
export interface PositionCount {
  readonly judged: number;
  readonly accepted: number;
}

/** Of a tier that did nothing yet. */
export const NO_COUNTS: TierCounts = {
  verifyCalls: 0,
  proposed: 0,
  accepted: 0,
  rejections: 0,
  nearTies: 0,
  computeMs: 0,
  waitMs: 0,
  leastWaitMs: undefined,
  outdated: 0,
};

/** A verifying tier and how many candidates there are for it. */
export interface TierPlan {
  readonly tier: Tier;
  readonly exit: number;
  readonly format: ComputeFormat;
  readonly candidates: number;
  /** Default false. */
  readonly isStandBy?: boolean;
}

/** A tier before its session's first event. */
export function createTierState(plan: TierPlan): TierState {
  return {
    tier: plan.tier,
    exit: plan.exit,
    isStandBy: plan.isStandBy === true,
    phase: plan.isStandBy === true ? 'gone' : 'opening',
    candidate: 0,
    usable: Array.from({ length: plan.candidates }, (_, index) => index),
    opening: plan.isStandBy === true ? 0 : 1,
    epoch: 1,
    announced: 1,
    confirmed: 0,
    sent: 0,
    judged: 0,
    judgedFrom: 0,
    runFrom: 0,
    inFlight: [],
    stale: 0,
    fault: undefined,
    counts: NO_COUNTS,
  };
}

/**
 * Whether blocks may be sent. The first opening is trusted: blocks follow it at once, which saves a round trip. Later
 * ones are awaited, as the tier has failed before.
 */
export function isServing({ phase, opening }: TierState): boolean {
  return phase === 'open' || (phase === 'opening' && opening === 1);
}
