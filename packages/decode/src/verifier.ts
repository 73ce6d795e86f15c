// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat } from '@aiflow/model';
import type { Tier } from '@aiflow/protocol';

/** Tokens proposed from answer position `base` on. Without tokens it asks for the verifier's own next one. */
export interface ProposedBlock {
  readonly epoch: number;
  readonly base: number;
  readonly tokens: readonly number[];
}

/** What a verifier says of a block. */
export interface BlockVerdict {
  readonly epoch: number;
  readonly base: number;
  /** How many of the proposed tokens stand, from the first on. */
  readonly accepted: number;
  /** The verifier's own token after them; absent when the answer ended there, or when the block was out of date. */
  readonly correction: number | undefined;
  /** The last token that stands, the correction included, ends the answer. */
  readonly finished: boolean;
  /** Positions decided by a single step because the two best logits lay too close together. */
  readonly nearTies: number;
  readonly computeMs: number;
}

/** Brings a verifier to another state: crop to `length`, then hold `tokens`, unjudged; blocks of `epoch` follow. */
export interface VerifierRollback {
  readonly epoch: number;
  readonly length: number;
  readonly tokens: readonly number[];
}

/**
 * A deeper exit that judges blocks, bound to one session; on another node as a rule. Blocks of one epoch follow each
 * other without a gap; a block that arrives before its predecessor or before its epoch's rollback waits for it.
 * Every method fails with an AiflowError: `not-found` when the session was forgotten, `failed-precondition` when this
 * verifier can never serve the session.
 */
export interface Verifier {
  readonly node: string;
  readonly tier: Tier;
  readonly exit: number;
  readonly format: ComputeFormat;
  /** Holds the prompt and `answer`, unjudged. Opening again rebuilds. */
  open(request: { readonly epoch: number; readonly answer: readonly number[] }, signal: AbortSignal): Promise<void>;
  verify(block: ProposedBlock, signal: AbortSignal): Promise<BlockVerdict>;
  /** Resolves once handed over; no answer is awaited. */
  rollback(change: VerifierRollback, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
  /** What went over the link since this verifier was made, if that is counted. */
  traffic?(): VerifierTraffic;
  /** What its node draws while it computes, in watts, if that is stated. */
  readonly watts?: number;
  /** Of the link to it as measured, in milliseconds: a slow link is waited for. Default: unknown. */
  readonly roundTripMs?: number;
}

/** Messages and bytes between the owner and a verifier, as the owner sees them. */
export interface VerifierTraffic {
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly receivedMessages: number;
  readonly receivedBytes: number;
}
