// SPDX-License-Identifier: Apache-2.0
import { givenLength, takeAsGiven } from './roll-back.ts';
import type { SessionEffect, Transition } from './session-event.ts';
import { isComplete, isPulling, referenceIndex, type SessionState, withTier } from './session-state.ts';
import { type Flight, isServing, type TierState } from './tier-state.ts';

/** Keeps every tier busy: tells verifiers of new epochs, sends blocks, orders the next draft, or finishes. */
export function planEffects(start: SessionState): Transition {
  const outcome = outcomeOf(start);
  if (outcome !== undefined) return { state: { ...start, done: true }, effects: [{ type: 'finish', outcome }] };
  let state = start;
  const effects: SessionEffect[] = [];
  const steps = [...state.tiers.map((_, index) => (from: SessionState) => planTier(from, index)), planDraft];
  for (const step of steps) {
    const next = step(state);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function outcomeOf(state: SessionState): 'complete' | 'stuck' | undefined {
  if (isComplete(state)) return 'complete';
  if (state.drafter.phase === 'gone' && referenceIndex(state) === -1) return 'stuck';
  return undefined;
}

function planTier(start: SessionState, index: number): Transition {
  const tier = start.tiers[index];
  const isIdle = isPulling(start) && index !== referenceIndex(start);
  if (tier === undefined || isIdle || !isServing(tier)) return { state: start, effects: [] };
  const current = catchUp(start, index);
  const told = announce(current, index);
  const proposed = propose(told.state, index);
  return { state: proposed.state, effects: [...told.effects, ...proposed.effects] };
}

/** A tier that was overtaken joins in where the answer stands. */
function catchUp(state: SessionState, index: number): SessionState {
  const given = givenLength(state, index);
  return (state.tiers[index]?.sent ?? 0) < given ? takeAsGiven(state, index, given) : state;
}

/** S6: the rollback that begins an epoch. */
function announce(state: SessionState, index: number): Transition {
  const tier = state.tiers[index];
  if (tier === undefined || tier.announced === tier.epoch) return { state, effects: [] };
  const { epoch, opening, confirmed, sent } = tier;
  const change = { epoch, length: confirmed, tokens: state.tokens.slice(confirmed, sent) };
  return {
    state: withTier(state, index, { announced: epoch }),
    effects: [{ type: 'rollback', tier: index, opening, change }],
  };
}

/** S4, S5: sends what the tier has not seen, as far as the window allows. */
function propose(start: SessionState, index: number): Transition {
  const effects: SessionEffect[] = [];
  let state = start;
  for (;;) {
    const tier = state.tiers[index];
    const flight = tier === undefined ? undefined : nextBlock(state, index, tier);
    if (tier === undefined || flight === undefined) return { state, effects };
    const block = { epoch: tier.epoch, base: flight.base, tokens: flight.tokens };
    const isReference = index === referenceIndex(state);
    effects.push({ type: 'verify', tier: index, opening: tier.opening, flight: flight.flight, isReference, block });
    state = withTier({ ...state, flights: flight.flight }, index, {
      inFlight: [...tier.inFlight, flight],
      sent: flight.base + Math.max(1, flight.tokens.length), // S8
    });
  }
}

function nextBlock(state: SessionState, index: number, tier: TierState): Flight | undefined {
  const { maxBlockTokens, pull } = state.settings;
  const window = isPulling(state) ? pull : state.settings.window;
  if (tier.inFlight.length >= window || tier.inFlight.length + tier.stale >= 2 * window) return undefined;
  const end = Math.min(feedLength(state, index), tier.sent + maxBlockTokens);
  const next = { flight: state.flights + 1, base: tier.sent, tokens: state.tokens.slice(tier.sent, end) };
  return next.tokens.length > 0 || needsEmptyBlock(state, index, tier) ? next : undefined;
}

/**
 * Tokens this tier may see: those the next shallower tier has judged, or all. A shallower tier that still opens for the
 * first time is waited for while drafting goes on and less than a block waits: unjudged drafts would cost this tier's
 * longer round trip.
 */
function feedLength(state: SessionState, index: number): number {
  const isPatient = mayGrow(state) && state.tokens.length - state.committed < state.settings.maxBlockTokens;
  const shallower = state.tiers
    .slice(0, index)
    .findLast(tier => tier.phase === 'open' || (isPatient && isServing(tier)));
  return shallower === undefined ? state.tokens.length : Math.max(state.committed, shallower.judged);
}

/** With drafting off the reference is asked for its own next token; without a drafter the shallowest verifier is, one at a time. */
function needsEmptyBlock(state: SessionState, index: number, tier: TierState): boolean {
  if (isPulling(state)) return !state.ended && tier.sent < state.settings.maxTokens;
  const isFirst = state.tiers.findIndex(isServing) === index;
  const isIdle = tier.inFlight.length === 0 && tier.sent === state.tokens.length;
  return state.drafter.phase === 'gone' && isFirst && isIdle && mayGrow(state);
}

function mayGrow(state: SessionState): boolean {
  const { maxAhead, maxTokens } = state.settings;
  const { length } = state.tokens;
  return !state.ended && length < maxTokens && length - state.committed < maxAhead; // S9
}

function planDraft(state: SessionState): Transition {
  const { drafter, settings, tokens } = state;
  if (drafter.phase !== 'idle' || isPulling(state) || !mayGrow(state)) return { state, effects: [] };
  const isAlone = referenceIndex(state) === -1;
  const unjudged = tokens.length - state.committed;
  const wanted = settings.draftLength({ acceptance: acceptance(state), unjudged, streak: drafter.streak });
  const count = Math.max(1, Math.min(wanted, settings.maxTokens - tokens.length, settings.maxAhead - unjudged));
  const order = {
    exit: isAlone ? settings.localExit : settings.draftExit,
    base: drafter.held,
    given: tokens.slice(drafter.held),
    count,
  };
  return {
    state: { ...state, drafter: { ...drafter, phase: 'busy', base: tokens.length, streak: drafter.streak + 1 } },
    effects: [{ type: 'draft', order }],
  };
}

/** Share of tokens that the tier which sees drafts first let stand. */
function acceptance(state: SessionState): number {
  const counts = state.tiers.find(isServing)?.counts;
  return counts === undefined || counts.proposed === 0 ? 1 : counts.accepted / counts.proposed;
}
