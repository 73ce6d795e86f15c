// SPDX-License-Identifier: Apache-2.0

/** Accepts a depth's token where its two best logits lie at least `minMargin` apart. */
export interface ConfidenceStep {
  readonly exit: number;
  /** In logits. */
  readonly minMargin: number;
}

/** What an answer may still cost from here on. */
export interface ExitBudget {
  /** Milliseconds for all tokens of the call. */
  readonly timeMs?: number;
  /** Joules for all tokens of the call; needs `watts`. */
  readonly joules?: number;
  /** What the machine draws while it computes, in watts. */
  readonly watts?: number;
}

/**
 * Which depth decides each token. A policy is data, so that it crosses to a model host and onto the wire, and policies
 * nest: `budget` caps the depth that the policy inside may choose.
 *
 * - `fixed`: one depth for every token.
 * - `confidence`: each token goes through `steps`, shallow to deep, until a margin suffices; else `last` decides.
 * - `budget`: the deepest exit whose measured time for the tokens that are left fits into what is left is the cap; the
 *   shallowest exit stays allowed always, so that there is an answer.
 */
export type ExitPolicy =
  | { readonly kind: 'fixed'; readonly exit: number }
  | { readonly kind: 'confidence'; readonly steps: readonly ConfidenceStep[]; readonly last: number }
  | { readonly kind: 'budget'; readonly budget: ExitBudget; readonly within: ExitPolicy };
