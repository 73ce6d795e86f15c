// SPDX-License-Identifier: Apache-2.0
import { applyDraft, applyDrafterFailure } from './apply-draft.ts';
import { applyTierFailure } from './apply-tier-failure.ts';
import { applyVerdict } from './apply-verdict.ts';
import { planEffects } from './plan-effects.ts';
import type { SessionEffect, SessionEvent, Transition } from './session-event.ts';
import { judgedLength, type SessionState, withTier } from './session-state.ts';

/** What a new session begins with: everything is opened at once, and the owner drafts meanwhile. */
export function startSession(state: SessionState): readonly SessionEffect[] {
  const openings = state.tiers.flatMap(({ opening, candidate, epoch }, tier): readonly SessionEffect[] =>
    opening === 0 ? [] : [{ type: 'open', tier, opening, candidate, epoch, answer: [] }],
  );
  return [{ type: 'open-drafter', answer: [] }, ...openings];
}

/** The whole machine: one event in, the next state and what is to be done out. A session that is done ignores events. */
export function advanceSession(before: SessionState, event: SessionEvent): Transition {
  if (before.done) return { state: before, effects: [] };
  const applied = applyEvent(before, event);
  const planned = planEffects(applied.state);
  const state = planned.state;
  return {
    state,
    effects: [...applied.effects, ...cancellation(before, state), ...revision(before, state), ...planned.effects],
  };
}

function applyEvent(state: SessionState, event: SessionEvent): Transition {
  switch (event.type) {
    case 'drafter-opened':
      return { state: { ...state, drafter: { ...state.drafter, phase: 'idle' } }, effects: [] };
    case 'drafted':
      return applyDraft(state, event);
    case 'drafter-failed':
      return applyDrafterFailure(state, event);
    case 'tier-opened':
      return { state: applyOpened(state, event.tier, event.opening), effects: [] };
    case 'verdict':
      return applyVerdict(state, event);
    case 'tier-failed':
      return applyTierFailure(state, event);
  }
}

function applyOpened(state: SessionState, index: number, opening: number): SessionState {
  const tier = state.tiers[index];
  const isAwaited = tier?.phase === 'opening' && tier.opening === opening;
  return isAwaited ? withTier(state, index, { phase: 'open' }) : state;
}

function cancellation(before: SessionState, after: SessionState): readonly SessionEffect[] {
  const isNew = before.drafter.phase === 'busy' && after.drafter.phase === 'cancelling';
  return isNew ? [{ type: 'cancel-draft' }] : [];
}

function revision(before: SessionState, after: SessionState): readonly SessionEffect[] {
  const isSame =
    before.tokens === after.tokens &&
    before.committed === after.committed &&
    judgedLength(before) === judgedLength(after);
  return isSame ? [] : [{ type: 'revise' }];
}
