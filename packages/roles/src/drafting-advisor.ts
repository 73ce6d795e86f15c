// SPDX-License-Identifier: Apache-2.0
//
// Decides from what was measured whether drafting pays with a reference. Both ways give the same text, so only time
// counts: an answer of usual length drafted together, as measured, against the reference speaking alone, as measured
// or, before that was tried, as its round trip and block time foretell.
import type { SessionResult } from '@aiflow/decode';

/** How to decode the next answer with a reference. */
export interface DraftingAdvice {
  /** Tokens to ask the reference for ahead; 0: draft. */
  readonly pull: number;
  /** Set when drafting is off: why, in figures. */
  readonly reason: string | undefined;
}

/** Learns from answers; one for all references of an answerer. */
export interface DraftingAdvisor {
  advise(reference: string): DraftingAdvice;
  /** Takes an answer into account, if it was whole and exact. */
  note(reference: string, result: SessionResult, pull: number): void;
}

interface Experience {
  readonly tokens: number;
  readonly roundTripMs: number;
  readonly blockMs: number;
  /** Time of a whole answer, by way; undefined before it was tried. */
  readonly draftedMs: number | undefined;
  readonly aloneMs: number | undefined;
  readonly answers: number;
}

const WEIGHT = 0.3;
/** Drafting shows something at once and needs less of the reference, so it is given up only for a gain beyond noise. */
const CLEAR_GAIN = 1.05;
/** Every so many answers the other way is tried again, as links change. */
const RETRY_EVERY = 16;
const MAX_PULL = 64;
const MAX_REFERENCES = 64;

/** Knows nothing yet: drafting is on. */
export function createDraftingAdvisor(): DraftingAdvisor {
  const known = new Map<string, Experience>();
  return {
    advise: reference => {
      const past = known.get(reference);
      return past === undefined ? { pull: 0, reason: undefined } : adviseBy(past);
    },
    note: (reference, result, pull) => {
      const next = learn(known.get(reference), result, pull);
      if (next === undefined) return;
      known.delete(reference);
      known.set(reference, next);
      if (known.size > MAX_REFERENCES) known.delete(known.keys().next().value ?? '');
    },
  };
}

function adviseBy(past: Experience): DraftingAdvice {
  const { draftedMs, roundTripMs, blockMs, tokens, answers } = past;
  const aloneMs = past.aloneMs ?? roundTripMs + tokens * blockMs;
  const isDue = answers % RETRY_EVERY === 0;
  if (draftedMs === undefined || isDue || draftedMs < CLEAR_GAIN * aloneMs) return { pull: 0, reason: undefined };
  const ahead = Math.ceil((1.5 * roundTripMs) / Math.max(0.1, blockMs)) + 4;
  const figures = `${Math.round(draftedMs)} ms an answer with it, ${Math.round(aloneMs)} ms without`;
  return { pull: Math.min(MAX_PULL, ahead), reason: `drafting was off, as it does not pay here: ${figures}` };
}

function learn(past: Experience | undefined, result: SessionResult, pull: number): Experience | undefined {
  const judge = result.tiers.at(-1);
  const isTelling = result.outcome === 'complete' && result.exact && result.reasons.length === 0;
  if (!isTelling || judge?.role !== 'verifier' || judge.leastWaitMs === undefined) return undefined;
  const blockMs = judge.computeMs / Math.max(1, judge.verifyCalls);
  return {
    tokens: blend(past?.tokens, result.tokens.length),
    roundTripMs: blend(past?.roundTripMs, judge.leastWaitMs),
    blockMs: blend(past?.blockMs, blockMs),
    draftedMs: pull > 0 ? past?.draftedMs : blend(past?.draftedMs, result.durationMs),
    aloneMs: pull > 0 ? blend(past?.aloneMs, result.durationMs) : past?.aloneMs,
    answers: (past?.answers ?? 0) + 1,
  };
}

function blend(past: number | undefined, fresh: number): number {
  return past === undefined ? fresh : past + WEIGHT * (fresh - past);
}
