// SPDX-License-Identifier: Apache-2.0
import type { Tier } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { type DraftLengthPolicy, fixedDraftLength } from './draft-length.ts';
import type { Drafter } from './drafter.ts';
import type { SessionResult } from './session-result.ts';
import type { SessionRevision } from './session-revision.ts';
import { createSessionState, type SessionState } from './session-state.ts';
import type { Verifier } from './verifier.ts';

/** A verifying tier: nodes that could serve it, best first. All of one exit. */
export interface TierCandidates {
  readonly tier: Tier;
  readonly exit: number;
  /** At least one. */
  readonly candidates: readonly Verifier[];
  /** Not opened before all others are lost; it then judges from the committed prefix on. Never the last. Default false. */
  readonly isStandBy?: boolean;
}

/** What a session works with. */
export interface SessionCollaborators {
  readonly drafter: Drafter;
  /** Shallow to deep; the last is the reference. Empty: the owner answers alone. */
  readonly tiers: readonly TierCandidates[];
  readonly clock: Clock;
}

/** Settings of a session. */
export interface SessionOptions {
  /** The exit whose answer is wanted. Default: the last tier's, or the deepest of the owner's. */
  readonly referenceExit?: number;
  /** Default 128. */
  readonly maxTokens?: number;
  /** The result is there after so many milliseconds at the latest. Default 30 000. */
  readonly deadlineMs?: number;
  /** The owner's exit that drafts. Default: its shallowest. */
  readonly draftExit?: number;
  /** The owner's exit that answers when no verifier is left. Default: its deepest. */
  readonly localExit?: number;
  /** Default: always 8. */
  readonly draftLength?: DraftLengthPolicy;
  /** Blocks under way to one verifier. Default 8. */
  readonly window?: number;
  /** Default 32. */
  readonly maxBlockTokens?: number;
  /** Tokens that may wait for the reference's verdict. Default 96. */
  readonly maxAhead?: number;
  /**
   * Turns drafting off: the reference is asked for its own tokens, so many ahead, and the session stays the owner's.
   * When the reference is lost, drafting is back. Sensible is a round trip's worth of its steps. Default 0: drafting on.
   */
  readonly pull?: number;
  /** Openings one tier may use up, the first included. Default 3. */
  readonly maxOpenings?: number;
  /**
   * Default 3 000, and at most a third of the time left, but not under 750, nor under three round trips of a link that
   * was measured, as far as they take no more than half of the time left. A tier that is not the reference is given up
   * earlier, when it is plainly later than its verdicts so far.
   */
  readonly verdictTimeoutMs?: number;
  /**
   * Default 2 000, and at most a quarter of the time left, half of it after a failed opening, but not under 750; a slow
   * link is waited for as for a verdict.
   */
  readonly openTimeoutMs?: number;
  /** For one draft of the owner's engine. Default 10 000, and at most half of the time left, but not under 750. */
  readonly draftTimeoutMs?: number;
  /** Cancels the session: it rejects with `cancelled`. */
  readonly signal?: AbortSignal;
  /** Called with each state of the answer, in order. `resultSoFar` tells, at any time, what the result would be then. */
  readonly onRevision?: (revision: SessionRevision, resultSoFar: () => SessionResult) => void;
}

/** The exit whose answer the session is after. */
export function wantedExit({ tiers, drafter }: SessionCollaborators, options: SessionOptions): number {
  return options.referenceExit ?? tiers.at(-1)?.exit ?? drafter.exits.at(-1) ?? 0;
}

/** The machine before its first event. */
export function initialState(collaborators: SessionCollaborators, options: SessionOptions): SessionState {
  const { exits } = collaborators.drafter;
  const draftExit = options.draftExit ?? exits[0] ?? 0;
  const settings = {
    maxTokens: options.maxTokens ?? 128,
    draftExit,
    localExit: options.localExit ?? exits.at(-1) ?? draftExit,
    draftLength: options.draftLength ?? fixedDraftLength(),
    window: options.window ?? 8,
    maxBlockTokens: options.maxBlockTokens ?? 32,
    maxAhead: options.maxAhead ?? 96,
    maxOpenings: options.maxOpenings ?? 3,
    pull: options.pull ?? 0,
  };
  const plans = collaborators.tiers.map(({ tier, exit, candidates, isStandBy = false }) => ({
    ...{ tier, exit, candidates: candidates.length, isStandBy },
    format: candidates[0]?.format ?? 'fp32',
  }));
  return createSessionState(settings, plans);
}
