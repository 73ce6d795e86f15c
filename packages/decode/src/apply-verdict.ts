// SPDX-License-Identifier: Apache-2.0
import { applyTierFailure } from './apply-tier-failure.ts';
import { countRow } from './count-positions.ts';
import { raiseEpoch, rollBack } from './roll-back.ts';
import type { SessionEvent, Transition } from './session-event.ts';
import { isComplete, referenceIndex, type SessionState, withTier } from './session-state.ts';
import type { Flight, Judgement } from './tier-state.ts';

type Verdict = Extract<SessionEvent, { type: 'verdict' }>;

/** Applies a verdict, and those that waited for it, in order of base (S3). */
export function applyVerdict(state: SessionState, event: Verdict): Transition {
  const tier = state.tiers[event.tier];
  const { verdict } = event;
  if (tier === undefined || tier.opening !== event.opening || tier.phase === 'gone') return { state, effects: [] };
  const isPresent = tier.inFlight.some(({ flight }) => flight === event.flight); // `inFlight` is of the present epoch
  if (verdict.epoch !== tier.epoch && isPresent) {
    return distrust(state, event.tier, `spoke of epoch ${verdict.epoch} when asked in epoch ${tier.epoch}`);
  }
  if (verdict.epoch !== tier.epoch) return { state: countOutdated(state, event.tier), effects: [] };
  const judgement = {
    base: verdict.base,
    accepted: verdict.accepted,
    correction: verdict.correction,
    finished: verdict.finished,
  };
  const noted = withTier(state, event.tier, {
    phase: 'open',
    inFlight: tier.inFlight.map(flight =>
      flight.flight === event.flight ? { ...flight, verdict: judgement } : flight,
    ),
    counts: {
      ...tier.counts,
      verifyCalls: tier.counts.verifyCalls + 1,
      nearTies: tier.counts.nearTies + verdict.nearTies,
      computeMs: tier.counts.computeMs + verdict.computeMs,
      waitMs: tier.counts.waitMs + event.waitMs,
      leastWaitMs: Math.min(event.waitMs, tier.counts.leastWaitMs ?? event.waitMs),
    },
  });
  return applyInOrder(noted, event.tier);
}

function countOutdated(state: SessionState, index: number): SessionState {
  const tier = state.tiers[index];
  if (tier === undefined) return state;
  const counts = { ...tier.counts, outdated: tier.counts.outdated + 1 };
  return withTier(state, index, { stale: Math.max(0, tier.stale - 1), counts });
}

function applyInOrder(start: SessionState, index: number): Transition {
  let state = start;
  for (;;) {
    const [head, ...rest] = state.tiers[index]?.inFlight ?? [];
    if (head?.verdict === undefined || isComplete(state)) return { state, effects: [] };
    const complaint = contradiction(head, head.verdict, state.settings.maxTokens);
    if (complaint !== undefined) return distrust(state, index, complaint);
    state = judge(withTier(state, index, { inFlight: rest }), index, head, head.verdict);
  }
}

/** What no honest verifier says of a block. A wrong but possible verdict can't be seen here; an audit finds it. */
function contradiction(flight: Flight, verdict: Judgement, maxTokens: number): string | undefined {
  const { base, accepted, correction, finished } = verdict;
  const count = flight.tokens.length;
  const block = `block of ${count} tokens at ${flight.base}`;
  if (base !== flight.base) return `spoke of position ${base} when asked about a ${block}`;
  if (!Number.isInteger(accepted) || accepted < 0 || accepted > count) return `accepted ${accepted} of a ${block}`;
  if (accepted < count && correction === undefined && !finished)
    return `stopped after ${accepted} of a ${block} without its own token`;
  if (accepted < count && correction === flight.tokens[accepted]) {
    return `rejected token ${correction} of a ${block} in favour of the same token`;
  }
  if (correction === undefined && !finished && flight.base + count < maxTokens) {
    return `named no token after a ${block} though the answer goes on`;
  }
  return undefined;
}

function distrust(state: SessionState, index: number, complaint: string): Transition {
  const opening = state.tiers[index]?.opening ?? 0;
  const fault = { kind: 'refused', reason: `contradicted itself: it ${complaint}` } as const;
  return applyTierFailure(state, { type: 'tier-failed', tier: index, opening, fault });
}

function judge(state: SessionState, index: number, flight: Flight, verdict: Judgement): SessionState {
  const tier = state.tiers[index];
  if (tier === undefined) return state;
  const stands = flight.base + verdict.accepted;
  const isFull = stands >= state.settings.maxTokens;
  const correction = isFull ? undefined : verdict.correction;
  const length = stands + (correction === undefined ? 0 : 1);
  const isRejection = verdict.accepted < flight.tokens.length;
  const summed = withTier(state, index, {
    confirmed: length,
    judged: length,
    counts: {
      ...tier.counts,
      proposed: tier.counts.proposed + flight.tokens.length,
      accepted: tier.counts.accepted + verdict.accepted,
      rejections: tier.counts.rejections + (isRejection ? 1 : 0),
    },
  });
  const counted = countPlaces(summed, index, flight, { stands, isRejection, correction });
  // S1, S2: a shallower tier has no say about what the reference has settled; it is brought up to date instead.
  const disagrees = isRejection || (correction !== undefined && correction !== state.tokens[stands]);
  if (length <= state.committed) return disagrees ? raiseEpoch(counted, index, stands) : counted;
  const corrected = correct(counted, { index, isEmpty: flight.tokens.length === 0, stands, correction });
  const ended = endAnswer(corrected, length, verdict.finished && correction === verdict.correction);
  return index === referenceIndex(ended) ? commit(ended, length) : ended;
}

interface Standing {
  readonly stands: number;
  readonly isRejection: boolean;
  readonly correction: number | undefined;
}

/** The verifier's own token judges the drafted one in its place too, unless that one is in a block still under way. */
function countPlaces(state: SessionState, index: number, flight: Flight, standing: Standing): SessionState {
  const { stands, isRejection, correction } = standing;
  const isAhead = !isRejection && flight.tokens.length > 0 && correction !== undefined && stands < state.tokens.length;
  const isWrong = isRejection || (isAhead && state.tokens[stands] !== correction);
  const isSettled = isAhead && !isWrong && (state.tiers[index]?.sent ?? 0) <= stands;
  return countRow(state, index, {
    from: flight.base,
    to: stands + (isWrong || isSettled ? 1 : 0),
    isLastWrong: isWrong,
  });
}

interface Correction {
  readonly index: number;
  /** The block had no tokens. */
  readonly isEmpty: boolean;
  readonly stands: number;
  readonly correction: number | undefined;
}

/** Puts the verifier's own token in its place; what was there and after it goes if it differs. */
function correct(state: SessionState, { index, isEmpty, stands, correction }: Correction): SessionState {
  const tier = state.tiers[index];
  if (correction === undefined || tier === undefined) return state;
  if (state.tokens[stands] === correction)
    return tier.sent > stands ? state : withTier(state, index, { sent: stands + 1 });
  const cropped = stands < state.tokens.length ? rollBack(state, stands, index) : state;
  const grown: SessionState = {
    ...cropped,
    tokens: [...cropped.tokens, correction],
    margins: [...cropped.margins, undefined],
    ended: false,
    author: index,
  };
  const isForeseen = isEmpty && stands === state.tokens.length; // S8: what follows was sent with this token in mind
  if (isForeseen) return grown;
  return tier.sent > stands ? raiseEpoch(grown, index, stands + 1) : withTier(grown, index, { sent: stands + 1 });
}

/** The answer ends where a verifier says it does. */
function endAnswer(state: SessionState, length: number, finished: boolean): SessionState {
  if (!finished) return state;
  const cropped = state.tokens.length > length ? rollBack(state, length, -1) : state;
  return { ...cropped, ended: cropped.tokens.length === length };
}

function commit(state: SessionState, length: number): SessionState {
  return { ...state, committed: Math.max(state.committed, length), author: referenceIndex(state) };
}
