// SPDX-License-Identifier: Apache-2.0
import { type SessionState, withTier } from './session-state.ts';
import type { TierState } from './tier-state.ts';

/**
 * Crops the answer to `length` because what follows is wrong. Verifiers that were sent more than that get a new epoch;
 * `by` is the tier that said so and knows (-1: the owner).
 */
export function rollBack(state: SessionState, length: number, by: number): SessionState {
  const cropped: SessionState = {
    ...state,
    tokens: state.tokens.slice(0, length),
    margins: state.margins.slice(0, length),
    ended: false,
    drafter: {
      ...state.drafter,
      held: Math.min(state.drafter.held, length),
      streak: 0,
      phase: state.drafter.phase === 'busy' && state.drafter.base > length ? 'cancelling' : state.drafter.phase,
    },
  };
  const rerun = startRuns(cropped, by, length + 1);
  return rerun.tiers.reduce(
    (next, tier, index) =>
      index !== by && tier.sent > length ? raiseEpoch(next, index, Math.min(tier.judged, length)) : next,
    rerun,
  );
}

/** The rows that tier `by` and shallower ones judge begin anew: what they are sent next follows its correction. */
function startRuns(state: SessionState, by: number, runFrom: number): SessionState {
  if (by < 0) return state;
  return { ...state, tiers: state.tiers.map((tier, index) => (index > by ? tier : { ...tier, runFrom })) };
}

/**
 * Starts a new epoch for one verifier, from answer length `length` on, which it must have judged or be excused from.
 * What is under way from the old one goes stale (S3), so what only that would have judged is to be sent again (S7).
 */
export function raiseEpoch(state: SessionState, index: number, length: number): SessionState {
  const tier = state.tiers[index];
  if (tier === undefined) return state;
  const epoch = state.epoch + 1;
  return withTier({ ...state, epoch }, index, {
    epoch,
    sent: length,
    confirmed: Math.min(tier.confirmed, length),
    judged: Math.min(tier.judged, length),
    judgedFrom: Math.min(tier.judgedFrom, length),
    stale: tier.stale + tier.inFlight.filter(flight => flight.verdict === undefined).length,
    inFlight: [],
  });
}

/** Takes everything up to `length` as given for a verifier: it will judge only what follows. */
export function takeAsGiven(state: SessionState, index: number, length: number): SessionState {
  const raised = raiseEpoch(state, index, length);
  return withTier(raised, index, { sent: length, judged: length, judgedFrom: length });
}

/** Tokens a verifier need not judge: the committed ones, and those a deeper tier was sent already. */
export function givenLength(state: SessionState, index: number): number {
  const deeper = state.tiers.slice(index + 1).filter(isLeft);
  return Math.min(state.tokens.length, Math.max(state.committed, ...deeper.map(tier => tier.sent)));
}

function isLeft(tier: TierState): boolean {
  return tier.phase !== 'gone';
}
