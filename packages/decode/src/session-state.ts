// SPDX-License-Identifier: Apache-2.0
//
// Collaborative decoding as a pure machine. The node that accepted the request owns the session: it drafts with its
// own engine and asks verifiers, shallow to deep, to judge. Events go in, a new state and effects come out; nothing
// here waits, measures or sends. The deepest verifier left is the reference.
//
// An answer is one row of tokens with three marks: 0 <= committed <= judged by a shallower tier <= drafted.
// Each verifier has a stream of blocks that follow each other without a gap. When a token that a verifier was sent
// turns out wrong, the owner raises that verifier's epoch; what is still under way from the old one means nothing.
//
// S1  A committed token never changes; `committed` never shrinks.
// S2  Only the reference's verdict moves `committed`; with no verifier left, one that stood by is called, else the owner's
//     own exit is the reference.
// S3  A verdict counts only with the verifier's present epoch, and blocks of one epoch are applied in order of base.
// S4  Blocks of an epoch are contiguous: no token is skipped.
// S5  At most `window` blocks of the present epoch, and twice as many in all, are under way to one verifier.
// S6  A rollback names a prefix that the verifier has confirmed and carries every token after it, so it stands alone:
//     whichever of several rollbacks arrive, the newest is enough.
// S7  What the reference did not judge itself from `committed` on never becomes committed.
// S8  An empty block asks for the verifier's own next token and takes that place: the next block begins after it. So
//     empty blocks can follow each other without waiting, which is how a reference answers alone within a session.
// S9  At most `maxAhead` tokens wait behind `committed`, and the answer never exceeds `maxTokens`.
import type { DraftLengthPolicy } from './draft-length.ts';
import { createTierState, type TierPlan, type TierState } from './tier-state.ts';

/** Limits and choices of a session. */
export interface SessionSettings {
  readonly maxTokens: number;
  /** Exit that drafts while a verifier is there. */
  readonly draftExit: number;
  /** Exit that answers when none is. */
  readonly localExit: number;
  readonly draftLength: DraftLengthPolicy;
  /** Blocks under way to one verifier. */
  readonly window: number;
  /** Longest block. */
  readonly maxBlockTokens: number;
  /** Tokens that may wait for the reference's verdict. */
  readonly maxAhead: number;
  /** Openings a tier may use up, the first one included. */
  readonly maxOpenings: number;
  /** Above 0, drafting is off while the first reference serves: it is asked for so many of its own tokens ahead. */
  readonly pull: number;
}

/** The owner's own engine. */
export interface DrafterState {
  /** `cancelling`: a rollback overtook the draft under way; its tokens are not wanted. */
  readonly phase: 'opening' | 'idle' | 'busy' | 'cancelling' | 'gone';
  /** Prefix its engine holds. */
  readonly held: number;
  /** Answer length when the present draft began. */
  readonly base: number;
  /** Drafts since the last rejection. */
  readonly streak: number;
  readonly failures: number;
  readonly fault: string | undefined;
  readonly calls: number;
  readonly drafted: number;
  readonly computeMs: number;
}

/** Who was the reference from answer position `from` on; `index` is the tier's, -1 the owner's own exit. */
interface ReferenceSpan {
  readonly index: number;
  readonly from: number;
}

/** A session. */
export interface SessionState {
  readonly settings: SessionSettings;
  readonly tokens: readonly number[];
  /** Margin of each token in logits where its drafter told one. */
  readonly margins: readonly (number | undefined)[];
  readonly committed: number;
  /** The last token ends the answer, as far as is known. */
  readonly ended: boolean;
  readonly done: boolean;
  readonly epoch: number;
  /** Blocks sent so far, to all. */
  readonly flights: number;
  readonly drafter: DrafterState;
  /** Shallow to deep. */
  readonly tiers: readonly TierState[];
  readonly references: readonly ReferenceSpan[];
  /** Index of the tier that changed the answer last; -1 is the owner. */
  readonly author: number;
}

/** A session before its first event; `tiers` are ordered shallow to deep. */
export function createSessionState(settings: SessionSettings, tiers: readonly TierPlan[]): SessionState {
  return {
    settings,
    tokens: [],
    margins: [],
    committed: 0,
    ended: false,
    done: false,
    epoch: 1,
    flights: 0,
    drafter: {
      phase: 'opening',
      held: 0,
      base: 0,
      streak: 0,
      failures: 0,
      fault: undefined,
      calls: 0,
      drafted: 0,
      computeMs: 0,
    },
    tiers: tiers.map(createTierState),
    references: [{ index: tiers.length - 1, from: 0 }],
    author: -1,
  };
}

/** Index of the deepest tier left, -1 when the owner's own exit is the reference. */
export function referenceIndex(state: SessionState): number {
  return state.tiers.findLastIndex(tier => tier.phase !== 'gone');
}

/** Index of the deepest tier that stands by, -1 when none does. */
export function standByIndex(state: SessionState): number {
  return state.tiers.findLastIndex(tier => tier.opening === 0);
}

/** Whether drafting is off: the first reference says its own tokens. When it is lost, drafting is back. */
export function isPulling({ settings, references }: SessionState): boolean {
  return settings.pull > 0 && references.length === 1 && references[0]?.index !== -1;
}

/** Whether the reference has said all there is to say. */
export function isComplete({ tokens, committed, ended, settings }: SessionState): boolean {
  return (ended && committed === tokens.length) || committed >= settings.maxTokens;
}

/** The same state with one tier changed. */
export function withTier(state: SessionState, index: number, change: Partial<TierState>): SessionState {
  return { ...state, tiers: state.tiers.map((tier, at) => (at === index ? { ...tier, ...change } : tier)) };
}

/** Answer length that at least one verifier, or the reference, has judged. */
export function judgedLength(state: SessionState): number {
  const judged = state.tiers.map(tier =>
    tier.phase === 'gone' || tier.judgedFrom > state.committed ? 0 : tier.judged,
  );
  return Math.min(state.tokens.length, Math.max(state.committed, ...judged));
}
