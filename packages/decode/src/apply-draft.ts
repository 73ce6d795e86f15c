// SPDX-License-Identifier: Apache-2.0
import { countRow } from './count-positions.ts';
import type { SessionEvent, Transition } from './session-event.ts';
import { referenceIndex, type SessionState, withTier } from './session-state.ts';
import { isServing } from './tier-state.ts';

type Drafted = Extract<SessionEvent, { type: 'drafted' }>;
type DrafterFailed = Extract<SessionEvent, { type: 'drafter-failed' }>;

/** Openings the owner's own engine may use up before the session goes on without it. */
const MAX_DRAFTER_FAILURES = 3;

/** Appends a draft to the answer, unless a rollback overtook it. */
export function applyDraft(state: SessionState, event: Drafted): Transition {
  const { drafter } = state;
  if (event.tokens.length === 0) {
    const fault = { kind: 'failed', reason: 'the engine drafted nothing though the answer goes on' } as const;
    return applyDrafterFailure(state, { type: 'drafter-failed', fault });
  }
  const idle: SessionState = {
    ...state,
    drafter: {
      ...drafter,
      phase: 'idle',
      failures: 0,
      calls: drafter.calls + 1,
      drafted: drafter.drafted + event.tokens.length,
      computeMs: drafter.computeMs + event.computeMs,
    },
  };
  if (drafter.phase !== 'busy') return { state: idle, effects: [] };
  const grown = appendDraft(idle, event);
  return { state: referenceIndex(grown) === -1 ? commitAll(grown) : grown, effects: [] };
}

/** A verifier may have appended tokens while the draft was made: the draft must agree with them to be of use. */
function appendDraft(state: SessionState, event: Drafted): SessionState {
  const { base } = state.drafter;
  const overlap = state.tokens.slice(base);
  const agreed = overlap.findIndex((token, at) => at >= event.tokens.length || token !== event.tokens[at]);
  if (agreed >= 0) return dropDraft(state, { agreed, isWrong: agreed < event.tokens.length });
  const room = state.settings.maxTokens - state.tokens.length;
  const fresh = event.tokens.slice(overlap.length, overlap.length + room);
  const whole = overlap.length + fresh.length === event.tokens.length;
  return {
    ...state,
    tokens: [...state.tokens, ...fresh],
    margins: [...state.margins, ...fresh.map((_, at) => event.margins[overlap.length + at])],
    ended: fresh.length === 0 ? state.ended : event.finished && whole,
    author: fresh.length === 0 ? state.author : -1,
    drafter: { ...state.drafter, held: base + overlap.length + fresh.length },
  };
}

/** What the verifier said meanwhile stands; the draft was wrong from there on, or is all told already. */
function dropDraft(
  state: SessionState,
  { agreed, isWrong }: { readonly agreed: number; readonly isWrong: boolean },
): SessionState {
  const { drafter } = state;
  const held = { ...state, drafter: { ...drafter, held: drafter.base + agreed } };
  if (!isWrong) return held;
  const judge = held.tiers.findIndex(isServing);
  const from = drafter.base + agreed;
  const counted = countRow(held, judge, { from, to: from + 1, isLastWrong: true });
  const restarted = { ...counted, drafter: { ...counted.drafter, streak: 0 } };
  return judge < 0 ? restarted : withTier(restarted, judge, { runFrom: from + 1 });
}

/** S2: with no verifier left, what the owner's exit says stands. */
function commitAll(state: SessionState): SessionState {
  return { ...state, committed: state.tokens.length };
}

/** Opens the owner's engine again, or goes on without it. */
export function applyDrafterFailure(state: SessionState, event: DrafterFailed): Transition {
  const { drafter } = state;
  if (event.fault.kind === 'cancelled') {
    return { state: { ...state, drafter: { ...drafter, phase: 'idle' } }, effects: [] };
  }
  const failures = drafter.failures + 1;
  const hopeless = failures >= MAX_DRAFTER_FAILURES || event.fault.kind === 'refused';
  const phase = hopeless ? 'gone' : 'opening';
  const next: SessionState = {
    ...state,
    drafter: { ...drafter, phase, failures, held: state.tokens.length, fault: event.fault.reason },
  };
  return { state: next, effects: hopeless ? [] : [{ type: 'open-drafter', answer: state.tokens }] };
}
