// SPDX-License-Identifier: Apache-2.0
import { givenLength, raiseEpoch, rollBack } from './roll-back.ts';
import type { Fault, SessionEffect, SessionEvent, Transition } from './session-event.ts';
import { judgedLength, referenceIndex, type SessionState, standByIndex, withTier } from './session-state.ts';
import type { TierState } from './tier-state.ts';

type TierFailed = Extract<SessionEvent, { type: 'tier-failed' }>;

/** Opens the tier again, with the same or another candidate, or goes on without it. */
export function applyTierFailure(state: SessionState, event: TierFailed): Transition {
  const tier = state.tiers[event.tier];
  if (tier === undefined || tier.opening !== event.opening || tier.phase === 'gone') return { state, effects: [] };
  if (event.epoch !== undefined && event.epoch !== tier.epoch) {
    return { state: withTier(state, event.tier, { stale: Math.max(0, tier.stale - 1) }), effects: [] };
  }
  const abandon: SessionEffect = {
    type: 'abandon',
    tier: event.tier,
    opening: tier.opening,
    candidate: tier.candidate,
  };
  const usable = remaining(tier, event.fault);
  const maxOpenings = tier.isStandBy ? 1 : state.settings.maxOpenings;
  const next =
    usable.length === 0 || tier.opening >= maxOpenings
      ? lose(state, event.tier, event.fault.reason)
      : reopen(withTier(state, event.tier, { usable, fault: event.fault.reason }), event.tier);
  return { state: next.state, effects: [abandon, ...next.effects] };
}

/** A candidate that refused is out; one that failed goes to the end of the row; one that only forgot stays first. */
function remaining(tier: TierState, fault: Fault): readonly number[] {
  const others = tier.usable.filter(candidate => candidate !== tier.candidate);
  if (fault.kind === 'refused') return others;
  return fault.kind === 'lost' ? [tier.candidate, ...others] : [...others, tier.candidate];
}

function reopen(state: SessionState, index: number): Transition {
  const tier = state.tiers[index];
  const candidate = tier?.usable[0];
  if (tier === undefined || candidate === undefined) return { state, effects: [] };
  const length = givenLength(state, index);
  const epoch = state.epoch + 1;
  const opening = tier.opening + 1;
  const reopened = withTier({ ...state, epoch }, index, {
    ...{ phase: 'opening', candidate, opening, epoch, announced: epoch },
    ...{ confirmed: length, sent: length, judged: length, judgedFrom: length },
    ...{ inFlight: [], stale: 0 },
  });
  const answer = state.tokens.slice(0, length);
  return { state: reopened, effects: [{ type: 'open', tier: index, opening, candidate, epoch, answer }] };
}

function lose(state: SessionState, index: number, reason: string): Transition {
  const wasReference = index === referenceIndex(state);
  const judged = judgedLength(state);
  const without = withTier(state, index, { phase: 'gone', inFlight: [], stale: 0, fault: reason });
  if (!wasReference) return { state: without, effects: [] };
  const standBy = referenceIndex(without) === -1 ? standByIndex(without) : -1;
  if (standBy >= 0) return call(without, standBy);
  return { state: promote(without, judged), effects: [] };
}

/** S2: a tier that stood by is opened with the committed prefix, and is the reference from there on. */
function call(state: SessionState, index: number): Transition {
  return reopen({ ...state, references: [...state.references, { index, from: state.committed }] }, index);
}

/** S2: the deepest tier left is the reference from the committed prefix on. */
function promote(state: SessionState, judged: number): SessionState {
  const index = referenceIndex(state);
  const named = { ...state, references: [...state.references, { index, from: state.committed }] };
  const tier = state.tiers[index];
  if (tier === undefined) return finishAlone(named, judged);
  if (tier.judgedFrom <= state.committed) return { ...named, committed: Math.max(state.committed, tier.judged) };
  return raiseEpoch(named, index, state.committed); // S7: what it took as given, it must judge now
}

/** The owner takes the answer over as it stands, as far as its own exit or a better one made it. */
function finishAlone(state: SessionState, judged: number): SessionState {
  const { draftExit, localExit } = state.settings;
  if (draftExit === localExit) return { ...state, committed: state.tokens.length };
  const cropped = state.tokens.length > judged ? rollBack(state, judged, -1) : state;
  const { drafter } = cropped;
  return {
    ...cropped,
    committed: cropped.tokens.length,
    drafter: { ...drafter, phase: drafter.phase === 'busy' ? 'cancelling' : drafter.phase },
  };
}
