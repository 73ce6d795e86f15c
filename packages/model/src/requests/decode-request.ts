// SPDX-License-Identifier: Apache-2.0
import type { ExitPolicy } from '../exit-policy/exit-policy.ts';

/** Greedy when absent or `temperature` is 0. Noise is keyed by (seed, answer position, token), so it is the same at every tier. */
export interface SamplingOptions {
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed: number;
}

/** Begins or resumes a session. Opening one that is held under the same id replaces it. */
export interface OpenRequest {
  readonly session: string;
  readonly prompt: readonly number[];
  /** Answer tokens to start from, when a session is rebuilt elsewhere. Default none. */
  readonly answer?: readonly number[];
  readonly sampling?: SamplingOptions;
}

/** Continues a session token by token. Answer position 0 is the first token after the prompt. */
export interface DraftRequest {
  readonly session: string;
  readonly exit: number;
  /** Chooses the depth of each token; `exit` is then ignored. Default: `exit` for all of them. */
  readonly policy?: ExitPolicy;
  /** The answer is first cropped to this length. */
  readonly base: number;
  /** Tokens to take as given from `base` on, before drafting. Default none. */
  readonly given?: readonly number[];
  readonly count: number;
}

/** Tokens after the given ones; shorter than asked where the answer ended. */
export interface DraftResult {
  readonly tokens: readonly number[];
  /** Margin between the two best logits at each token, in logits. */
  readonly margins: readonly number[];
  /** The exit that decided each token; absent when no policy was given. */
  readonly exits?: readonly number[];
  /** Exits among those that decided which served from a smaller block than their own; absent where none did. */
  readonly belowLastRung?: readonly { readonly exit: number; readonly rung: number }[];
  /** The last token is the family's end token. */
  readonly finished: boolean;
  readonly computeMs: number;
}

/**
 * Judges tokens proposed from `base` on by what `exit` would have said. Only an exit's last rung speaks for it: below, it
 * fails with `failed-precondition`.
 */
export interface VerifyRequest {
  readonly session: string;
  readonly exit: number;
  /** The answer is first cropped to this length. */
  readonly base: number;
  readonly tokens: readonly number[];
}

/** After it the session holds `base + accepted` tokens and `correction`. */
export interface VerifyResult {
  /** How many proposed tokens equal what the exit alone would have said. */
  readonly accepted: number;
  /** The exit's own next token after the accepted ones; absent when the last accepted token ends the answer. */
  readonly correction: number | undefined;
  readonly margins: readonly number[];
  /** Positions whose two best logits lay within the near-tie limit and were decided by a single step. */
  readonly nearTies: number;
  readonly finished: boolean;
  readonly computeMs: number;
}
